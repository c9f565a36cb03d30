/* SPDX-License-Identifier: MIT */
/* claude_dialogue.c - the lines of the dialogue.  A question that waits keeps its input,
 * as an answer that allows it has to bring it back.  */
#include "claude_dialogue.h"

#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

struct claude_held {
  struct buf id, input; /* of the request; of the tool, raw */
};

static void send(struct json_writer *w, struct agent_output *output)
{
  json_close(w, '}');
  buf_add_char(w->out, '\n');
  agent_write(output, buf_span(w->out));
  buf_free(w->out);
}

void claude_dialogue_put_words(struct buf *out, struct span id, struct span text)
{
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", SPAN_LITERAL("user"));
  json_open(&w, "message", '{');
  json_put_text(&w, "role", SPAN_LITERAL("user"));
  json_open(&w, "content", '[');
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", SPAN_LITERAL("text"));
  json_put_text(&w, "text", text);
  json_close(&w, '}');
  json_close(&w, ']');
  json_close(&w, '}');
  if (id.len > 0)
    json_put_text(&w, "uuid", id);
  json_close(&w, '}');
  buf_add_char(out, '\n');
}

/* -- what it asks -- */

static struct json_writer begin_response(struct buf *out, struct span id,
                                         const char *subtype)
{
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '{');
  json_put_text(&w, "type", SPAN_LITERAL("control_response"));
  json_open(&w, "response", '{');
  json_put_text(&w, "subtype", span_of(subtype));
  json_put_text(&w, "request_id", id);
  return w;
}

static void answer(struct span id, struct span input, const struct agent_answer *said,
                   struct agent_output *output)
{
  struct buf out = buf_make(LIMIT_PROMPT_BYTES);
  struct json_writer w = begin_response(&out, id, "success");
  struct span why = said->reason.len > 0
                        ? span_cut_utf8(said->reason, LIMIT_ERROR_MESSAGE_BYTES)
                        : agent_refusal(output);
  if (said->yes && said->input.len > 0)
    input = said->input;
  json_open(&w, "response", '{');
  json_put_text(&w, "behavior", said->yes ? SPAN_LITERAL("allow") : SPAN_LITERAL("deny"));
  if (said->yes)
    json_put_raw(&w, "updatedInput", input.len > 0 ? input : SPAN_LITERAL("{}"));
  else
    json_put_text(&w, "message", why);
  json_close(&w, '}');
  json_close(&w, '}');
  send(&w, output);
}

static void hold(struct claude_dialogue *d, struct span id, struct span input)
{
  struct claude_held h = {0};
  agent_keep(&h.id, id);
  agent_keep(&h.input, input);
  d->held = mem_reserve(d->held, d->count, &d->capacity, sizeof *d->held);
  d->held[d->count++] = h;
}

/* All others are PERMISSION_KIND_OTHER. */
static enum permission_kind kind_of(struct span tool)
{
  static const struct {
    const char *name;
    enum permission_kind kind;
  } kinds[] = {
      {"Read", PERMISSION_KIND_READ},         {"Glob", PERMISSION_KIND_READ},
      {"Grep", PERMISSION_KIND_READ},         {"LS", PERMISSION_KIND_READ},
      {"NotebookRead", PERMISSION_KIND_READ}, {"Edit", PERMISSION_KIND_EDIT},
      {"MultiEdit", PERMISSION_KIND_EDIT},    {"Write", PERMISSION_KIND_EDIT},
      {"NotebookEdit", PERMISSION_KIND_EDIT}, {"Bash", PERMISSION_KIND_COMMAND},
      {"Monitor", PERMISSION_KIND_COMMAND},   {"WebFetch", PERMISSION_KIND_NETWORK},
      {"WebSearch", PERMISSION_KIND_NETWORK}};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (span_is(tool, kinds[i].name))
      return kinds[i].kind;
  return PERMISSION_KIND_OTHER;
}

static bool asks_a_person(json_at request, struct span tool)
{
  return json_kind(json_get(request, "requires_user_interaction")) == JSON_TRUE ||
         span_is(tool, "AskUserQuestion") || span_is(tool, "ExitPlanMode");
}

static void asked(struct claude_dialogue *d, const struct json *doc, json_at request,
                  struct span id, struct agent_output *output)
{
  struct span tool = json_member_text(doc, request, "tool_name");
  struct span input = json_raw(json_get(request, "input"));
  enum permission_kind kind = kind_of(tool);
  struct buf command = buf_make(LIMIT_LINE_BYTES);
  if (kind == PERMISSION_KIND_COMMAND)
    agent_command(input, &command);
  const struct agent_question question = {
      .id = id,
      .call = json_member_text(doc, request, "tool_use_id"),
      .tool = tool,
      .input = input,
      .command = buf_span(&command)};
  const struct permission_question may = {
      .mode = d->mode,
      .kind = kind,
      .person = asks_a_person(request, tool),
      .host_tool = d->prefix.len > 0 && tool.len > d->prefix.len &&
                   span_equal((struct span){tool.at, d->prefix.len}, d->prefix)};
  bool full = d->count >= LIMIT_OPEN_QUESTIONS;
  enum permission decided =
      full ? PERMISSION_DENY : agent_permit(output, &question, &may);
  if (decided == PERMISSION_ASK)
    hold(d, id, input);
  else
    answer(id, input, &(struct agent_answer){.yes = decided == PERMISSION_ALLOW}, output);
  buf_free(&command);
}

static void refuse(struct span id, struct span subtype, struct agent_output *output)
{
  struct buf out = buf_make(LIMIT_PROMPT_BYTES), words = buf_make(LIMIT_NAME_BYTES);
  struct json_writer w = begin_response(&out, id, "error");
  buf_addf(&words, "%.*s is not supported", SPAN_ARG(span_cut_utf8(subtype, 200)));
  json_put_text(&w, "error", buf_span(&words));
  json_close(&w, '}');
  send(&w, output);
  buf_free(&words);
}

/* The place of the one with this id, or `count`. */
static size_t find(const struct claude_dialogue *d, struct span id)
{
  size_t i = 0;
  while (i < d->count && !span_equal(buf_span(&d->held[i].id), id))
    i++;
  return i;
}

static void drop(struct claude_dialogue *d, size_t i)
{
  buf_free(&d->held[i].id);
  buf_free(&d->held[i].input);
  d->count--;
  for (; i < d->count; i++)
    d->held[i] = d->held[i + 1];
}

bool claude_dialogue_read(struct claude_dialogue *d, const struct json *doc, json_at root,
                          struct agent_output *output)
{
  struct span type = json_member_text(doc, root, "type"),
              id = json_member_text(doc, root, "request_id");
  if (span_is(type, "control_cancel_request")) {
    size_t i = find(d, id);
    if (i < d->count) {
      drop(d, i);
      agent_withdraw(output, id);
    }
    return true;
  }
  if (span_is(type, "command_lifecycle")) {
    d->tells = true;
    if (span_is(json_member_text(doc, root, "state"), "started")) {
      agent_heard(output, json_member_text(doc, root, "command_uuid"), 1);
      agent_works_again(output);
    }
    return true;
  }
  if (!span_is(type, "control_request"))
    return false;
  json_at request = json_get(root, "request");
  struct span subtype = json_member_text(doc, request, "subtype");
  if (span_is(subtype, "can_use_tool"))
    asked(d, doc, request, id, output);
  else
    refuse(id, subtype, output);
  return true;
}

/* -- what we say -- */

bool claude_dialogue_permit(struct claude_dialogue *d, struct span id,
                            const struct agent_answer *said, struct agent_output *output)
{
  size_t i = find(d, id);
  if (i == d->count)
    return false;
  answer(id, buf_span(&d->held[i].input), said, output);
  drop(d, i);
  return true;
}

void claude_dialogue_interrupt(struct agent_output *output)
{
  agent_write(output,
              SPAN_LITERAL("{\"type\":\"control_request\",\"request_id\":\"interrupt-1\","
                           "\"request\":{\"subtype\":\"interrupt\"}}\n"));
}

void claude_dialogue_free(struct claude_dialogue *d)
{
  while (d->count > 0)
    drop(d, d->count - 1);
  free(d->held);
}
