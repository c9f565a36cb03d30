/* SPDX-License-Identifier: MIT */
/* tool_offer.c - tools/list is asked for by every agent, some ask several times: its text
 * is made once. */
#include "request/tool_offer.h"

#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"
#include "request/tool_schema.h"

#include <stdint.h>
#include <stdlib.h>

static void note(struct tool_offer *o, const char *code, const struct tool *tool,
                 struct span why)
{
  o->notes = mem_reserve(o->notes, o->note_count, &o->note_capacity, sizeof *o->notes);
  struct tool_note *n = &o->notes[o->note_count++];
  *n = (struct tool_note){.code = code, .text = buf_make(2 * LIMIT_ERROR_MESSAGE_BYTES)};
  buf_addf(&n->text, "Tool \"%.*s\": ", SPAN_ARG(tool->name));
  buf_add(&n->text, span_cut_utf8(why, LIMIT_ERROR_MESSAGE_BYTES));
}

static void say(struct buf *why, const char *clause)
{
  if (why->len > 0)
    buf_add_text(why, "; ");
  buf_add_text(why, clause);
}

/* The sender's bytes, but line ends between the tokens become blanks: this text
 * travels in the data lines of event streams too. (Inside of strings JSON has no raw
 * line ends.) */
static void put_one_line(struct json_writer *w, const char *key, struct span raw)
{
  json_put_raw(w, key, raw);
  struct buf *out = w->out;
  for (size_t i = out->len - raw.len; i < out->len; i++) {
    if (out->at[i] == '\n' || out->at[i] == '\r')
      out->at[i] = ' ';
  }
}

static enum tool_alias_form form_of(const struct tool_offer *o)
{
  return o->needs & NEEDS_SINGLE_UNDERSCORES ? ALIAS_SINGLE : ALIAS_USUAL;
}

/* The model should know the tool by the name that everybody else has for it. */
static void put_description(struct json_writer *w, const struct tool *tool,
                            struct span alias)
{
  if (span_equal(alias, tool->name)) {
    json_put_text(w, "description", tool->description);
    return;
  }
  struct buf text = buf_make(SIZE_MAX); /* bounded by the request's own size */
  buf_add(&text, tool->name);
  if (tool->name.len > 0 && tool->description.len > 0)
    buf_add_text(&text, ": ");
  buf_add(&text, tool->description);
  json_put_text(w, "description", buf_span(&text));
  buf_free(&text);
}

bool tool_offer_promises_structure(const struct tool *tool)
{
  struct span type = json_slice_member(tool->output_schema, SPAN_LITERAL("type"));
  return tool->result_is_mcp && json_slice_kind(type) == JSON_STRING &&
         json_slice_says(type, SPAN_LITERAL("object"));
}

bool tool_offer_has_output_schema(const struct tool_offer *o, const struct tool *tool)
{
  return !(o->needs & NEEDS_NO_OUTPUT_SCHEMA) && tool_offer_promises_structure(tool);
}

static void put_output_schema(const struct tool_offer *o, struct json_writer *w,
                              const struct tool *tool, struct buf *why)
{
  struct buf schema = buf_make(SIZE_MAX); /* as above */
  if (tool_offer_has_output_schema(o, tool)) {
    tool_schema_write(tool->output_schema, false, &schema, why);
    put_one_line(w, "outputSchema", buf_span(&schema));
  } else if (tool->result_is_mcp && tool->output_schema.len > 0) {
    say(why, tool_offer_promises_structure(tool)
                 ? "outputSchema was left out, by which this agent would refuse results"
                 : "the type of outputSchema is not \"object\": it was left out");
  }
  buf_free(&schema);
}

static void put_tool(struct tool_offer *o, struct json_writer *w, const struct tool *tool,
                     struct buf *why)
{
  struct buf json = buf_make(SIZE_MAX); /* as above */
  struct span alias = span_of(tool->alias[form_of(o)]);
  if (tool->odd_title)
    say(why, "title is no text and was left out");
  if (tool->odd_description)
    say(why, "description is no text and was left out");
  json_open(w, NULL, '{');
  json_put_text(w, "name", alias);
  if (tool->title.len > 0)
    json_put_text(w, "title", tool->title);
  put_description(w, tool, alias);
  tool_schema_write(tool->input_schema, o->needs & NEEDS_UNION_KEYS, &json, why);
  put_one_line(w, "inputSchema", buf_span(&json));
  put_output_schema(o, w, tool, why);
  buf_clear(&json);
  tool_annotations_write(tool->annotations, &json, why);
  if (json.len > 0)
    put_one_line(w, "annotations", buf_span(&json));
  json_close(w, '}');
  buf_free(&json);
}

/* The agent drops it without a word; its model never sees it. */
static void note_dropped(struct tool_offer *o, const struct tool *tool, const char *agent)
{
  struct buf name = buf_make(KIB), why = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  if (tool_schema_odd_parameter(tool->input_schema, &name)) {
    buf_addf(&why,
             "%s leaves it out: its parameter \"%.*s\" is not named by 1 to 64 of "
             "[A-Za-z0-9_.-]",
             agent, SPAN_ARG(span_cut_utf8(buf_span(&name), 100)));
    note(o, "tool-left-out", tool, buf_span(&why));
  }
  buf_free(&name);
  buf_free(&why);
}

struct tool_offer tool_offer_make(const struct tools *tools, unsigned needs,
                                  const char *agent)
{
  struct tool_offer o = {.tools = tools, .needs = needs, .list = buf_make(SIZE_MAX)};
  struct json_writer w = json_write_to(&o.list);
  struct buf why = buf_make(2 * LIMIT_ERROR_MESSAGE_BYTES);
  json_open(&w, NULL, '[');
  for (size_t i = 0; i < tools_count(tools); i++) {
    const struct tool *tool = tools_at(tools, i);
    put_tool(&o, &w, tool, &why);
    if (why.len > 0 || why.overflowed)
      note(&o, "tool-adapted", tool, buf_span(&why));
    buf_clear(&why);
    if (needs & NEEDS_PLAIN_PARAMETERS)
      note_dropped(&o, tool, agent);
  }
  json_close(&w, ']');
  buf_free(&why);
  return o;
}

void tool_offer_free(struct tool_offer *o)
{
  for (size_t i = 0; i < o->note_count; i++)
    buf_free(&o->notes[i].text);
  free(o->notes);
  buf_free(&o->list);
  *o = (struct tool_offer){0};
}
