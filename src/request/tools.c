/* SPDX-License-Identifier: MIT */
/* tools/list is asked for by every agent, some ask several times, so its text is made
 * once, when the request is read. */
#include "request/tools.h"

#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct tools {
  struct tool *at;
  size_t count;
  struct buf list; /* the text of tools/list */
};

static const char no_arguments[] = "{\"type\":\"object\",\"properties\":{}}";

/* Is this raw schema an object whose "type" is the string "object"? */
static bool schema_is_object(struct span schema)
{
  struct span type = json_slice(schema, "type");
  if (json_slice_kind(type) != JSON_STRING)
    return false;
  struct buf text = buf_make(sizeof "object");
  json_unescape(type, &text);
  bool same = span_is(buf_span(&text), "object");
  buf_free(&text);
  return same;
}

static struct span raw_object(json_at v)
{
  return json_kind(v) == JSON_OBJECT ? json_raw(v) : (struct span){0};
}

static int tool_read(struct json *doc, json_at v, struct tool *tool, struct fault *f)
{
  json_at name = json_get(v, "name");
  if (json_kind(v) != JSON_OBJECT || json_kind(name) != JSON_STRING)
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: toolDescriptors must be a ToolDescriptor[]");
  struct span empty = {"", 0};
  *tool = (struct tool){
      .name = json_text(doc, name, empty),
      .description = json_text(doc, json_get(v, "description"), empty),
      .title = json_text(doc, json_get(v, "title"), empty),
      .input_schema = raw_object(json_get(v, "inputSchema")),
      .output_schema = raw_object(json_get(v, "outputSchema")),
      .annotations = raw_object(json_get(v, "annotations")),
  };
  if (!schema_is_object(tool->input_schema))
    tool->input_schema = SPAN_LITERAL(no_arguments);
  json_at format = json_get(v, "resultFormat");
  if (json_kind(format) == JSON_ABSENT || json_kind(format) == JSON_NULL)
    return 0;
  struct span text = json_text(doc, format, empty);
  tool->result_is_mcp = span_is(text, "mcp");
  if (!tool->result_is_mcp && !span_is(text, "text"))
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: toolDescriptors: resultFormat of \"%.*s\" must be "
                     "\"text\" or \"mcp\"",
                     (int)(tool->name.len < 100 ? tool->name.len : 100), tool->name.at);
  return 0;
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

static void list_write(struct tools *t)
{
  struct json_writer w = json_write_to(&t->list);
  json_open(&w, NULL, '[');
  for (size_t i = 0; i < t->count; i++) {
    const struct tool *tool = &t->at[i];
    json_open(&w, NULL, '{');
    json_put_text(&w, "name", tool->name);
    if (tool->title.len > 0)
      json_put_text(&w, "title", tool->title);
    json_put_text(&w, "description", tool->description);
    put_one_line(&w, "inputSchema", tool->input_schema);
    /* A client that sees an output schema insists on structured results. */
    if (tool->result_is_mcp && tool->output_schema.len > 0)
      put_one_line(&w, "outputSchema", tool->output_schema);
    if (tool->annotations.len > 0)
      put_one_line(&w, "annotations", tool->annotations);
    json_close(&w, '}');
  }
  json_close(&w, ']');
}

static struct tools *tools_new(size_t capacity)
{
  struct tools *t = mem_new(sizeof *t);
  t->at = mem_new(capacity * sizeof *t->at);
  t->list = buf_make(SIZE_MAX); /* bounded by the request's own size */
  return t;
}

struct tools *tools_read(struct json *doc, json_at descriptors, struct fault *f)
{
  size_t count = json_count(descriptors);
  if (descriptors != NULL && json_kind(descriptors) != JSON_ARRAY) {
    (void)fault_set(f, FAULT_BAD_INPUT,
                    "run request: toolDescriptors must be a ToolDescriptor[]");
    return NULL;
  }
  if (count > LIMIT_TOOLS) {
    (void)fault_set(f, FAULT_BAD_INPUT,
                    "run request: toolDescriptors holds more than %d tools", LIMIT_TOOLS);
    return NULL;
  }
  struct tools *t = tools_new(count);
  for (json_at v = json_first(descriptors); v != NULL; v = json_next(v), t->count++) {
    if (tool_read(doc, v, &t->at[t->count], f) < 0) {
      tools_free(t);
      return NULL;
    }
  }
  for (size_t i = 0; i < t->count; i++) {
    struct span name = t->at[i].name;
    if (tools_find(t, name) == &t->at[i])
      continue;
    (void)fault_set(f, FAULT_BAD_INPUT,
                    "Cannot pass two tools named \"%.*s\" in the same chat() call. Tool "
                    "names in one tools array must be unique.",
                    (int)(name.len < 300 ? name.len : 300), name.at);
    tools_free(t);
    return NULL;
  }
  list_write(t);
  return t;
}

void tools_free(struct tools *t)
{
  if (t == NULL)
    return;
  buf_free(&t->list);
  free(t->at);
  free(t);
}

const struct tool *tools_find(const struct tools *t, struct span name)
{
  for (size_t i = 0; i < tools_count(t); i++) {
    if (span_equal(t->at[i].name, name))
      return &t->at[i];
  }
  return NULL;
}

size_t tools_count(const struct tools *t)
{
  return t != NULL ? t->count : 0;
}

const struct tool *tools_at(const struct tools *t, size_t index)
{
  return index < tools_count(t) ? &t->at[index] : NULL;
}

struct span tools_list_json(const struct tools *t)
{
  return t != NULL ? buf_span(&t->list) : SPAN_LITERAL("[]");
}
