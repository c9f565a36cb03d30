/* SPDX-License-Identifier: MIT */
/*   line                       event
 *   init                       CUSTOM gemini.session-id
 *   message of the assistant   text (deltas); of the user: our own prompt, nothing
 *   tool_use, tool_result      a tool call; "mcp_tanstack_" is cut off its name
 *   error                      kept, in case nothing better comes
 *   result                     kept: leave() decides with it
 *   anything else              nothing  */
#include "gemini.h"

#include "agent/acp/acp_plan.h"
#include "agent/acp/acp_session.h"
#include "agent/structured.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "gemini_plan.h"

#include <string.h>

#define PREFIX "mcp_tanstack_" /* of bridged tools, in transcripts */

enum record { RECORD_NONE, RECORD_SUCCESS, RECORD_LENGTH, RECORD_ERROR };

struct gemini {
  struct acp acp; /* its `answer` and `req` serve both protocols */
  bool speaks_acp;
  enum record record;
  struct buf code, text; /* of the record, or of the last error before it */
  struct event_usage usage;
  bool has_usage;
};

static const struct acp_profile profile = {.id = "gemini",
                                           .name = "Gemini",
                                           .auth = "gemini-api-key",
                                           .auth_env = "GEMINI_API_KEY",
                                           .model_by_option = true,
                                           .asks_to_tell = true};

static const char *const raw_members[] = {"parameters", "stats",     "id",
                                          "rawInput",   "rawOutput", NULL};

struct line {
  struct gemini *g;
  struct json *doc;
  json_at root;
  struct events *events;
};

static struct span text_of(const struct line *l, const char *key)
{
  return acp_text(l->doc, l->root, key);
}

static void hear_init(const struct line *l)
{
  struct buf value = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json_writer w = json_write_to(&value);
  json_open(&w, NULL, '{');
  json_put_text(&w, "sessionId", text_of(l, "session_id"));
  json_put_text(&w, "model", text_of(l, "model"));
  json_close(&w, '}');
  events_custom(l->events, "gemini.session-id", buf_span(&value));
  buf_free(&value);
}

static void hear_message(const struct line *l)
{
  struct span text = text_of(l, "content");
  if (!span_is(text_of(l, "role"), "assistant") || text.len == 0)
    return;
  if (json_kind(json_get(l->root, "delta")) != JSON_TRUE)
    events_text_close(l->events); /* a whole message */
  events_text(l->events, text);
  buf_add(&l->g->acp.answer, text);
}

static void hear_tool_use(const struct line *l)
{
  struct span name = text_of(l, "tool_name");
  if (name.len > strlen(PREFIX) && span_starts(name, PREFIX))
    name = span_after(name, strlen(PREFIX));
  harness_keep(&l->g->acp.answer, (struct span){0});
  events_tool_call(l->events, text_of(l, "tool_id"), name,
                   json_raw(json_get(l->root, "parameters")));
}

static void hear_tool_result(const struct line *l)
{
  struct span output = text_of(l, "output"), id = text_of(l, "tool_id");
  bool failed = !span_is(text_of(l, "status"), "success");
  if (output.len == 0 && failed)
    output = acp_text(l->doc, json_get(l->root, "error"), "message");
  if (id.len > 0)
    events_tool_result(l->events, id, output, failed);
}

static void keep_words(const struct line *l, struct span code, struct span text)
{
  harness_keep(&l->g->code, code.len > 0 ? code : SPAN_LITERAL("agent-error"));
  harness_keep(&l->g->text, text);
}

static long long count_of(json_at stats, const char *key)
{
  unsigned long long n;
  return json_whole(json_get(stats, key), 1ull << 53, &n) ? (long long)n : -1;
}

static void keep_usage(const struct line *l)
{
  struct fault ignored = {0};
  struct span raw = json_raw(json_get(l->root, "stats"));
  struct json *doc = raw.len > 0 ? json_parse(raw, NULL, &ignored) : NULL;
  json_at stats = doc ? json_root(doc) : NULL;
  l->g->has_usage = json_kind(stats) == JSON_OBJECT;
  l->g->usage = event_usage_none();
  l->g->usage.prompt = count_of(stats, "input_tokens");
  l->g->usage.completion = count_of(stats, "output_tokens");
  l->g->usage.total = count_of(stats, "total_tokens");
  l->g->usage.cached = count_of(stats, "cached");
  json_free(doc);
}

static void hear_result(const struct line *l)
{
  json_at error = json_get(l->root, "error");
  struct span type = acp_text(l->doc, error, "type");
  keep_usage(l);
  if (span_is(text_of(l, "status"), "success")) {
    l->g->record = RECORD_SUCCESS;
  } else if (span_is(type, "FatalTurnLimitedError")) {
    l->g->record = RECORD_LENGTH;
  } else {
    struct span message = acp_text(l->doc, error, "message");
    l->g->record = RECORD_ERROR;
    if (message.len > 0)
      keep_words(l, (struct span){0}, message);
    else if (l->g->text.len == 0)
      keep_words(l, (struct span){0}, SPAN_LITERAL("Gemini run failed"));
  }
}

static void hear_object(const struct line *l, struct agent_output *output)
{
  struct span type = text_of(l, "type");
  if (span_is(type, "message"))
    hear_message(l);
  else if (span_is(type, "tool_use"))
    hear_tool_use(l);
  else if (span_is(type, "tool_result"))
    hear_tool_result(l);
  else if (span_is(type, "init"))
    hear_init(l);
  else if (span_is(type, "error"))
    keep_words(l, (struct span){0}, text_of(l, "message"));
  if (span_is(type, "result")) {
    hear_result(l);
    agent_hang_up(output);
  }
}

static int gemini_on_input(void *state, const struct agent_input *h,
                           struct agent_output *output, struct fault *f)
{
  static const struct json_rules rules = {.raw = raw_members};
  struct gemini *g = state;
  if (g->acp.profile == NULL) { /* a transcript: either protocol */
    g->acp.profile = &profile;
    g->speaks_acp = json_slice(h->text, "jsonrpc").len > 0;
  }
  if (g->speaks_acp)
    return acp_on_input(&g->acp, h->text, output, f);
  events_start(output->events);
  struct json *doc = json_parse(h->text, &rules, f);
  if (doc == NULL)
    return -1;
  struct line line = {g, doc, json_root(doc), output->events};
  int rc = 0;
  if (json_kind(line.root) == JSON_OBJECT)
    hear_object(&line, output);
  else
    rc = fault_set(f, FAULT_AGENT, "the line is JSON but not an object");
  json_free(doc);
  return rc;
}

static bool gemini_cancel(void *state, struct agent_output *output)
{
  struct gemini *g = state;
  return g->speaks_acp && acp_cancel_turn(&g->acp, output);
}

static void gemini_finish(void *state, const struct process_end *end,
                          struct agent_output *output)
{
  struct gemini *g = state;
  bool well = end->forced || (end->signal == 0 && end->status == 0);
  const struct event_usage *usage = g->has_usage ? &g->usage : NULL;
  if (g->speaks_acp)
    acp_finish(&g->acp, end, output);
  else if (g->record == RECORD_LENGTH)
    events_finish(output->events, "length", usage); /* its exit status is 53 */
  else if (g->record == RECORD_ERROR)
    events_fail(output->events, buf_span(&g->code), buf_span(&g->text));
  else if (g->record == RECORD_SUCCESS && well)
    acp_turn_finished(&g->acp, usage, output->events);
  else
    harness_fail_by_end(output->events, end);
}

static int gemini_plan_both(void *state, const struct run_request *req,
                            const struct bridge_address *bridge,
                            const struct plan_place *place, struct process_plan *out,
                            struct fault *f)
{
  struct gemini *g = state;
  g->speaks_acp = !span_is(req->harness_options.protocol, "stream-json");
  g->acp.profile = &profile;
  g->acp.req = req;
  harness_keep(&g->acp.answer, (struct span){0});
  if (gemini_plan(req, bridge != NULL, out, f) != 0)
    return -1;
  return g->speaks_acp ? acp_plan(&g->acp, &profile, req, bridge, place, out, f) : 0;
}

static void gemini_free(void *state)
{
  struct gemini *g = state;
  acp_free(&g->acp);
  buf_free(&g->code);
  buf_free(&g->text);
}

static bool gemini_succeeded(const void *state)
{
  const struct gemini *g = state;
  return g->speaks_acp ? acp_succeeded(&g->acp)
                       : g->record == RECORD_SUCCESS || g->record == RECORD_LENGTH;
}

const struct harness gemini_harness = {
    .id = "gemini",
    .program = "gemini",
    .structured = true,
    .takes = TAKES_SESSION | TAKES_PERMISSION_MODE | TAKES_PROTOCOL | TAKES_AUTH_METHOD,
    .memory = sizeof(struct gemini),
    .plan = gemini_plan_both,
    .on_input = gemini_on_input,
    .cancel = gemini_cancel,
    .finish = gemini_finish,
    .free = gemini_free,
    .succeeded = gemini_succeeded,
};
