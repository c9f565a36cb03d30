/* SPDX-License-Identifier: MIT */
/* gemini.c - Gemini CLI, seen with 0.61.0.  harnessOptions.protocol chooses:
 *
 *   "acp"          (the default) `gemini --acp`, as every agent of acp/acp.c
 *   "stream-json"  `gemini --output-format stream-json`, the prompt on stdin; one JSON
 *                  object a line: init, message, tool_use, tool_result, error, result
 *
 * Seen side by side: over ACP alone it can be given the bridge (outside of it MCP servers
 * come from the user's settings, the workspace's, or system files that count only where
 * root owns every folder above them), tells thoughts, and can be asked to cancel.
 * stream-json alone tells the arguments of native tools and what shell commands print, so
 * it is there for runs without tools.  Both begin equally fast (3.2 s on the test
 * machine) and exit by themselves.
 *
 * Over ACP its requests for permission tell the arguments of a bridged call, and nothing
 * else does: so it is left to ask, and our answers allow.  Its wrapper process, which
 * does not pass signals on, is left out (GEMINI_CLI_NO_RELAUNCH).
 *
 * A session that is loaded within the minute it began is lost, by a fault of its own: it
 * names the file after the minute, and begins it anew (then: resume-not-possible).
 *
 * Exits with the HTTP status of an API error, cut to 8 bits, and with 0 when it was
 * signalled: the last `result` decides.
 *
 * What stream-json says, and what of it goes out:
 *
 *   line                       event
 *   init                       CUSTOM gemini.session-id
 *   message of the assistant   text (deltas); of the user: our own prompt, nothing
 *   tool_use, tool_result      a tool call; "mcp_tanstack_" is cut off its name
 *   error                      kept, in case nothing better comes
 *   result                     kept: finish() decides with it
 *   anything else              nothing  */
#include "agent/acp/acp_input.h"
#include "agent/acp/acp_plan.h"
#include "agent/acp/acp_requests.h"
#include "agent/acp/acp_turn.h"
#include "agent/acp/acp_words.h"
#include "agent/api_error.h"
#include "agent/harness.h"
#include "agent/harness_end.h"
#include "agent/prompt.h"
#include "agent/session_stores.h"
#include "base/limits.h"
#include "event/event_session.h"
#include "gemini_plan.h"

#include <string.h>

/* Of bridged tools, in transcripts: a run in this protocol has none. */
#define PREFIX "mcp_" BRIDGE_NAME "_"

enum outcome { OUTCOME_NONE, OUTCOME_SUCCESS, OUTCOME_LENGTH, OUTCOME_ERROR };

struct gemini {
  struct acp acp; /* its `answer` and `req` serve both protocols */
  bool speaks_acp;
  enum outcome outcome;
  struct buf text; /* of the outcome, or of the last error before it */
  struct event_usage usage;
  bool has_usage;
};

/* Over ACP it answers "/help" and "$help" itself, behind blanks too, but looks at the
 * first part of a prompt alone. */
static const struct prompt_guard guard = {
    .commands = "/$", .behind_blanks = true, .front = "User:", .apart = true};

static const struct acp_profile profile = {.id = "gemini",
                                           .name = "Gemini",
                                           .auth = "gemini-api-key",
                                           .auth_env = "GEMINI_API_KEY",
                                           .model_by_option = true,
                                           .asks_to_tell = true,
                                           .counts_tokens = true,
                                           .adds_wait = true,
                                           .hides_empty = true,
                                           .guard = &guard};

static const char *const raw_members[] = {"parameters", "stats",     "id",
                                          "rawInput",   "rawOutput", NULL};

struct line {
  struct gemini *g;
  struct json *doc;
  json_at root;
  struct events *events;
};

static void on_init(const struct line *l)
{
  const struct event_session session = {
      .id = json_member_text(l->doc, l->root, "session_id"),
      .model = json_member_text(l->doc, l->root, "model")};
  events_session(l->events, profile.id, &session);
  if (l->g->acp.req)
    prompt_warn_parts(l->g->acp.req, l->g->acp.req->session_id.len > 0, false, l->events);
}

static void on_message(const struct line *l)
{
  struct span text = json_member_text(l->doc, l->root, "content");
  if (!span_is(json_member_text(l->doc, l->root, "role"), "assistant") || text.len == 0)
    return;
  /* a whole message */
  if (json_kind(json_get(l->root, "delta")) != JSON_TRUE)
    events_text_close(l->events);
  events_text(l->events, text);
  l->g->acp.worded = l->g->acp.worded || span_trim(text).len > 0;
  buf_add(&l->g->acp.answer, text);
}

static void on_tool_use(const struct line *l)
{
  struct span name = json_member_text(l->doc, l->root, "tool_name");
  bool bridged = name.len > strlen(PREFIX) && span_starts(name, PREFIX);
  if (bridged) /* in a transcript, so its alias is all that is known */
    name = span_after(name, strlen(PREFIX));
  agent_keep(&l->g->acp.answer, (struct span){0});
  l->g->acp.worded = false;
  events_tool_call(l->events, bridged ? TOOL_HOST : TOOL_NATIVE,
                   json_member_text(l->doc, l->root, "tool_id"), name,
                   json_raw(json_get(l->root, "parameters")));
}

static void on_tool_result(const struct line *l)
{
  struct span output = json_member_text(l->doc, l->root, "output"),
              id = json_member_text(l->doc, l->root, "tool_id");
  bool failed = !span_is(json_member_text(l->doc, l->root, "status"), "success");
  if (output.len == 0 && failed)
    output = json_member_text(l->doc, json_get(l->root, "error"), "message");
  if (id.len > 0 || events_awaits_result(l->events, id))
    events_tool_result(l->events, id, output, failed);
}

static void keep_words(const struct line *l, struct span text)
{
  agent_keep(&l->g->text, (struct span){0});
  api_error_words(text, &l->g->text);
}

static void keep_usage(const struct line *l)
{
  struct fault ignored = {0};
  struct span raw = json_raw(json_get(l->root, "stats"));
  struct json *doc = raw.len > 0 ? json_parse(raw, NULL, &ignored) : NULL;
  json_at stats = doc ? json_root(doc) : NULL;
  l->g->has_usage = json_kind(stats) == JSON_OBJECT;
  l->g->usage = event_usage_none();
  l->g->usage.prompt = agent_input_count(stats, "input_tokens");
  l->g->usage.completion = agent_input_count(stats, "output_tokens");
  l->g->usage.total = agent_input_count(stats, "total_tokens");
  l->g->usage.cached = agent_input_count(stats, "cached");
  json_free(doc);
}

static void on_result(const struct line *l)
{
  json_at error = json_get(l->root, "error");
  struct span type = json_member_text(l->doc, error, "type");
  keep_usage(l);
  events_usage(l->events, l->g->has_usage ? &l->g->usage : NULL);
  if (span_is(json_member_text(l->doc, l->root, "status"), "success")) {
    l->g->outcome = OUTCOME_SUCCESS;
  } else if (span_is(type, "FatalTurnLimitedError")) {
    l->g->outcome = OUTCOME_LENGTH;
  } else {
    struct span message = json_member_text(l->doc, error, "message");
    l->g->outcome = OUTCOME_ERROR;
    if (message.len > 0)
      keep_words(l, message);
    else if (l->g->text.len == 0)
      keep_words(l, SPAN_LITERAL("Gemini run failed"));
  }
}

static void on_object(const struct line *l, struct agent_output *output)
{
  struct span type = json_member_text(l->doc, l->root, "type");
  if (span_is(type, "message"))
    on_message(l);
  else if (span_is(type, "tool_use"))
    on_tool_use(l);
  else if (span_is(type, "tool_result"))
    on_tool_result(l);
  else if (span_is(type, "init"))
    on_init(l);
  else if (span_is(type, "error"))
    keep_words(l, json_member_text(l->doc, l->root, "message"));
  if (span_is(type, "result")) {
    on_result(l);
    agent_hang_up(output);
  }
}

static int gemini_on_input(void *state, const struct agent_input *input,
                           struct agent_output *output, struct fault *f)
{
  static const struct json_rules rules = {.raw = raw_members};
  struct gemini *g = state;
  if (!g->acp.profile) { /* a transcript: either protocol */
    g->acp.profile = &profile;
    g->speaks_acp = json_slice(input->text, "jsonrpc").len > 0;
  }
  if (g->speaks_acp)
    return acp_on_input(&g->acp, input->text, output, f);
  struct json *doc = agent_input_json(input->text, &rules, output->events, f);
  if (!doc)
    return -1;
  struct line line = {g, doc, json_root(doc), output->events};
  on_object(&line, output);
  json_free(doc);
  return 0;
}

static bool gemini_cancel(void *state, struct agent_output *output)
{
  struct gemini *g = state;
  return g->speaks_acp && acp_cancel(&g->acp, output);
}

/* ACP has no place for more than yes and no, and stream-json does not ask. */
static bool gemini_permit(void *state, struct span id, const struct agent_answer *answer,
                          struct agent_output *output)
{
  struct gemini *g = state;
  return g->speaks_acp && acp_permit(&g->acp, id, answer->yes, output);
}

static void gemini_finish(void *state, const struct process_end *end,
                          struct agent_output *output)
{
  struct gemini *g = state;
  bool well = process_end_is_clean(end);
  const struct event_usage *usage = g->has_usage ? &g->usage : NULL;
  if (g->speaks_acp)
    acp_finish(&g->acp, end, output);
  /* its exit status is 53 */
  else if (g->outcome == OUTCOME_LENGTH)
    acp_turn_cut_short(&g->acp, usage, output->events);
  else if (g->outcome == OUTCOME_ERROR)
    events_fail(output->events, SPAN_LITERAL("agent-error"), buf_span(&g->text));
  else if (g->outcome == OUTCOME_SUCCESS && well)
    acp_turn_finished(&g->acp, usage, output->events);
  else
    harness_fail_by_end(output->events, end);
}

static bool is_stream_json(const struct run_request *req)
{
  return span_is(req->harness_options.protocol, "stream-json");
}

static int gemini_plan_both(void *state, const struct run_request *req,
                            const struct bridge_address *bridge,
                            const struct plan_place *place, struct process_plan *out,
                            struct fault *f)
{
  struct gemini *g = state;
  g->speaks_acp = !is_stream_json(req);
  g->acp.profile = &profile;
  g->acp.req = req;
  agent_keep(&g->acp.answer, (struct span){0});
  if (gemini_plan(req, bridge, out, f) != 0)
    return -1;
  return g->speaks_acp ? acp_plan(&g->acp, &profile, req, bridge, place, out, f) : 0;
}

static int gemini_say(void *state, const struct agent_words *words,
                      struct agent_output *output, struct fault *f)
{
  struct gemini *g = state;
  return acp_words_say(&g->acp, words, output, f);
}

static void gemini_free(void *state)
{
  struct gemini *g = state;
  acp_free(&g->acp);
  buf_free(&g->text);
}

static bool gemini_succeeded(const void *state)
{
  const struct gemini *g = state;
  return g->speaks_acp ? acp_succeeded(&g->acp)
                       : g->outcome == OUTCOME_SUCCESS || g->outcome == OUTCOME_LENGTH;
}

const struct harness gemini_harness = {
    .id = "gemini",
    .program = "gemini",
    .skills = ".gemini .agents",
    .sessions = &session_store_gemini,
    .last_words_ms = LIMIT_LAST_WORDS_MS,
    .structured = true,
    .parts = true,
    .takes = TAKES_POLICY | TAKES_SESSION | TAKES_PERMISSION_MODE | TAKES_PROTOCOL |
             TAKES_AUTH_METHOD | TAKES_MCP_SERVERS,
    .counts = 1 << BUDGET_TOOL_CALLS,
    .needs = NEEDS_NO_OUTPUT_SCHEMA | NEEDS_TEXT_OF_STRUCTURE | NEEDS_WAIT_DROPPED |
             NEEDS_SOME_STRUCTURE,
    .memory = sizeof(struct gemini),
    .plan = gemini_plan_both,
    .on_input = gemini_on_input,
    .cancel = gemini_cancel,
    .permit = gemini_permit,
    .say = gemini_say,
    .one_prompt = is_stream_json,
    .finish = gemini_finish,
    .free = gemini_free,
    .succeeded = gemini_succeeded,
};
