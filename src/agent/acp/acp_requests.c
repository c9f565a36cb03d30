/* SPDX-License-Identifier: MIT */
/* acp_requests.c - answers to an agent's requests, by their JSON-RPC id.
 *
 * A permission request brings its own list of answers, so an answer is the id of one of
 * them.  A question that waits for the run keeps the two ids it will need, as the line
 * they stood in is gone by then.  */
#include "acp_requests.h"

#include "acp_messages.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/mem.h"

#include <string.h>

static struct json_writer begin(struct buf *out, struct span rpc_id)
{
  struct json_writer w = json_write_to(out);
  json_open(&w, NULL, '{');
  json_put_text(&w, "jsonrpc", SPAN_LITERAL("2.0"));
  json_put_raw(&w, "id", rpc_id);
  return w;
}

static void send(struct json_writer *w, struct agent_output *output)
{
  json_close(w, '}');
  buf_add_char(w->out, '\n');
  agent_write(output, buf_span(w->out));
  buf_free(w->out);
}

/* `option`: the id of the option that is chosen; empty: the request is cancelled. */
static void answer(struct span rpc_id, struct span option, struct agent_output *output)
{
  struct buf out = buf_make(LIMIT_BRIDGE_REPLY_BYTES);
  struct json_writer w = begin(&out, rpc_id);
  json_open(&w, "result", '{');
  json_open(&w, "outcome", '{');
  json_put_text(&w, "outcome",
                option.len > 0 ? SPAN_LITERAL("selected") : SPAN_LITERAL("cancelled"));
  if (option.len > 0)
    json_put_text(&w, "optionId", option);
  json_close(&w, '}');
  json_close(&w, '}');
  send(&w, output);
}

/* The option of a kind: "allow_once" before "allow_always", which some agents write into
 * the user's own settings. */
static struct span option_for(const struct json *doc, json_at options, bool allowed)
{
  static const char *const kinds[2][2] = {{"reject_once", "reject_always"},
                                          {"allow_once", "allow_always"}};
  for (size_t i = 0; i < 2; i++)
    for (json_at o = json_first(options); o; o = json_next(o))
      if (span_is(json_member_text(doc, o, "kind"), kinds[allowed][i]))
        return json_member_text(doc, o, "optionId");
  return (struct span){0};
}

/* What the protocol calls the kinds of tools; all others are PERMISSION_KIND_OTHER. */
static enum permission_kind kind_of(struct span kind)
{
  static const struct {
    const char *name;
    enum permission_kind kind;
  } kinds[] = {{"read", PERMISSION_KIND_READ},       {"search", PERMISSION_KIND_READ},
               {"think", PERMISSION_KIND_READ},      {"edit", PERMISSION_KIND_EDIT},
               {"delete", PERMISSION_KIND_EDIT},     {"move", PERMISSION_KIND_EDIT},
               {"execute", PERMISSION_KIND_COMMAND}, {"fetch", PERMISSION_KIND_NETWORK}};
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
    if (span_is(kind, kinds[i].name))
      return kinds[i].kind;
  return PERMISSION_KIND_OTHER;
}

static void hold(struct acp *a, struct span rpc_id, struct span yes, struct span no)
{
  struct acp_question q = {0};
  agent_keep(&q.rpc_id, rpc_id);
  agent_keep(&q.yes, yes);
  agent_keep(&q.no, no);
  a->questions = mem_reserve(a->questions, a->question_count, &a->question_capacity,
                             sizeof *a->questions);
  a->questions[a->question_count++] = q;
}

/* What it wants to do, as its call and the question tell it together. */
struct wish {
  enum permission_kind kind;
  struct span tool;
  struct buf command;
};

static struct wish wish_of(struct acp *a, const struct json *doc, json_at asked)
{
  const struct acp_call *call =
      acp_calls_told(&a->calls, json_member_text(doc, asked, "toolCallId"));
  struct span kind = json_member_text(doc, asked, "kind"),
              title = json_member_text(doc, asked, "title"),
              input = json_raw(json_get(asked, "rawInput"));
  struct wish w = {.tool = title, .command = buf_make(LIMIT_LINE_BYTES)};
  if (call) {
    kind = kind.len > 0 ? kind : buf_span(&call->kind);
    title = title.len > 0 ? title : buf_span(&call->title);
    input = input.len > 0 ? input : buf_span(&call->args);
    w.tool = acp_call_name(call).len > 0 ? acp_call_name(call) : title;
  }
  w.kind = kind_of(kind);
  agent_command(input, &w.command);
  if (w.kind == PERMISSION_KIND_OTHER && w.command.len > 0)
    w.kind = PERMISSION_KIND_COMMAND;
  if (w.kind == PERMISSION_KIND_COMMAND && w.command.len == 0)
    buf_add(&w.command, title);
  return w;
}

static void ask_permission(struct acp *a, const struct json *doc, json_at params,
                           struct span rpc_id, struct agent_output *output)
{
  json_at call = json_get(params, "toolCall"), options = json_get(params, "options");
  struct span id = json_member_text(doc, call, "toolCallId");
  struct span mode = a->req ? a->req->permission_mode : (struct span){0};
  bool given = json_kind(options) == JSON_ARRAY;
  struct span yes = given ? option_for(doc, options, true) : (struct span){0};
  struct span no = given ? option_for(doc, options, false) : (struct span){0};
  bool ours = acp_calls_ask(&a->calls, doc, call, output->events);
  /* The protocol asks for this answer from the cancel on. */
  if (a->cancelled) {
    answer(rpc_id, (struct span){0}, output);
    return;
  }
  struct wish wish = wish_of(a, doc, call);
  const struct permission_question question = {
      .mode = permission_mode_read(mode),
      .kind = wish.kind,
      .host_tool = ours,
      .listed = ours}; /* what the host offered it lets run, in a plan too */
  const struct agent_question asked = {.id = rpc_id,
                                       .call = id,
                                       .tool = wish.tool,
                                       .input = json_raw(json_get(call, "rawInput")),
                                       .command = buf_span(&wish.command)};
  /* More of them than that nobody reads. */
  bool full = a->question_count >= LIMIT_OPEN_CALLS;
  switch (full ? PERMISSION_DENY : agent_permit(output, &asked, &question)) {
  case PERMISSION_ALLOW:
    answer(rpc_id, yes, output);
    break;
  case PERMISSION_DENY:
    answer(rpc_id, no, output);
    break;
  case PERMISSION_ASK:
    hold(a, rpc_id, yes, no);
    break;
  }
  buf_free(&wish.command);
}

static void refuse(struct span rpc_id, int code, struct span message,
                   struct agent_output *output)
{
  struct buf out = buf_make(LIMIT_BRIDGE_REPLY_BYTES);
  struct json_writer w = begin(&out, rpc_id);
  json_open(&w, "error", '{');
  json_put_int(&w, "code", code);
  json_put_text(&w, "message", message);
  json_close(&w, '}');
  send(&w, output);
}

void acp_asked(struct acp *a, const struct json *doc, json_at root, struct span method,
               struct agent_output *output)
{
  struct span rpc_id = json_raw(json_get(root, "id"));
  if (span_is(method, "session/request_permission")) {
    ask_permission(a, doc, json_get(root, "params"), rpc_id, output);
    return;
  }
  refuse(rpc_id, -32601, SPAN_LITERAL("Method not found"), output);
}

/* Takes the question of this id out of the list; false: there is none. */
static bool take_question(struct acp *a, struct span id, struct acp_question *q)
{
  size_t i = 0;
  while (i < a->question_count && !span_equal(buf_span(&a->questions[i].rpc_id), id))
    i++;
  if (i == a->question_count)
    return false;
  *q = a->questions[i];
  a->question_count--;
  memmove(&a->questions[i], &a->questions[i + 1], (a->question_count - i) * sizeof *q);
  return true;
}

void acp_question_cancelled(struct acp *a, json_at id, struct agent_output *output)
{
  struct acp_question q;
  if (!take_question(a, json_raw(id), &q))
    return;
  refuse(buf_span(&q.rpc_id), -32800, SPAN_LITERAL("Request cancelled"), output);
  agent_withdraw(output, buf_span(&q.rpc_id));
  acp_question_free(&q);
}

bool acp_permit(struct acp *a, struct span id, bool yes, struct agent_output *output)
{
  struct acp_question q;
  if (!take_question(a, id, &q))
    return false;
  answer(buf_span(&q.rpc_id), buf_span(yes ? &q.yes : &q.no), output);
  acp_question_free(&q);
  return true;
}

bool acp_cancel(struct acp *a, struct agent_output *output)
{
  if (!acp_say_cancel(a, output))
    return false;
  while (a->question_count > 0) {
    struct acp_question *q = &a->questions[--a->question_count];
    answer(buf_span(&q->rpc_id), (struct span){0}, output);
    acp_question_free(q);
  }
  return true;
}
