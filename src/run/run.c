/* SPDX-License-Identifier: MIT */
/* run.c - the state machine of a run, and who is told what when.
 *
 * The agent speaks (child_says, agent_http_says), its harness understands
 * (agent/agent_session.h), and what the harness wants done is done right after
 * (run_carry_out).  How it ends says run_end.h.  */
#include "run/run.h"

#include "agent/harnesses.h"
#include "agent/prompt.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "event/event_hold.h"
#include "event/event_session.h"
#include "event/formats.h"
#include "io/loop.h"
#include "preview.h"
#include "run_end.h"
#include "run_files.h"
#include "run_prepare.h"
#include "run_session.h"
#include "run_spending.h"
#include "run_talk.h"
#include "run_words.h"
#include "secrets.h"
#include "tracing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- admission -- */

bool run_is_harness(struct span id)
{
  return harness_find(id) != NULL;
}

/* From inside whatever wanted the memory. */
static void memory_is_spent(void *who)
{
  struct run *r = who;
  if (r->later)
    loop_timer_start(r->later, 0);
}

struct run *run_new(const struct run_settings *settings, struct run_request *req,
                    struct fault *f)
{
  struct run *r = mem_new(sizeof *r);
  size_t most = settings->run_memory_bytes;
  r->budget = budget_new(most ? most : SIZE_MAX, memory_is_spent, r);
  r->settings = settings;
  r->req = req;
  r->message = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  r->report = buf_make(LIMIT_CERTIFICATE_BYTES);
  r->deadlines = deadlines_resolve(settings, req);
  run_budget_cap(&req->budget, &settings->max_budget, true);
  preview_guide(req, settings->own_port);
  req->deadlines.tool_ms = r->deadlines.tool_ms; /* what harnesses tell their agents */
  if (tracing_begin(r, f) < 0 ||
      resources_admit(&r->resources, settings, req, r->budget, f) < 0 ||
      run_session_admit(r, f) < 0) {
    run_free(r);
    return NULL;
  }
  if (r->resources.harness->farewell_ms)
    r->deadlines.result_grace_ms = r->resources.harness->farewell_ms;
  tracing_watch_calls(r);
  secrets_hide(&r->resources.env, req);
  tracing_log(r, req->run_id);
  r->session = agent_session_make(r->resources.harness);
  r->session.budget = r->budget;
  r->session.on_heard = settings->on_heard;
  r->session.heard_who = settings->heard_who;
  r->session.actions.retries.most = settings->max_agent_retries;
  if (policy_restricts(&req->policy)) { /* it is kept by answering what the agent asks */
    r->resources.dialogue = true;
    r->session.actions.policy = &req->policy;
    r->session.actions.provider = r->resources.harness->id;
  }
  return r;
}

void run_free(struct run *r)
{
  if (r)
    run_release(r);
}

struct span run_id(const struct run *r)
{
  return r->req->run_id;
}

struct span run_workspace(const struct run *r)
{
  return buf_span(&r->resources.workspace);
}

const char *run_program(const struct run *r)
{
  return r->resources.program.len > 0 ? r->resources.program.at : "";
}

bool run_shares_session(const struct run *running, const struct run *r)
{
  struct span wanted = r->req->session_id;
  return wanted.len > 0 && running->resources.harness == r->resources.harness &&
         (span_equal(running->req->session_id, wanted) ||
          (running->events && span_equal(events_session_id(running->events), wanted)));
}

/* -- who ends it -- */

static bool goes_on(void *who)
{
  return run_words_turn_over(who);
}

/* Its next turn, or its end. */
static void turn_is_over(struct run *r)
{
  bool dismissed = r->session.actions.dismissed;
  if (dismissed && !r->polite && run_words_turn_over(r))
    return;
  if (r->polite || dismissed)
    child_end_input(r->resources.child);
  /* it said what it had to say */
  if (r->polite)
    loop_timer_start(r->polite, 0);
  else if (dismissed)
    child_stop(r->resources.child, r->deadlines.kill_grace_ms);
  else if (r->watch)
    watch_result(r->watch, r->session.actions.open_tasks);
}

/* Does what the harness wants done, right after each call to it. */
void run_carry_out(struct run *r)
{
  if (r->session.actions.input.len > 0) {
    child_write(r->resources.child, buf_span(&r->session.actions.input));
    buf_clear(&r->session.actions.input);
  }
  run_talk_tell(r); /* what is sent next empties the actions */
  run_words_tell(r);
  agent_http_send(r->resources.agent_http, &r->session.actions);
  if (r->session.actions.hang_up) {
    turn_is_over(r);
  } else if (r->watch) {
    watch_works(r->watch);
  }
  if (events_backlog(r->events) > LIMIT_SINK_HIGH_BYTES) {
    child_pause(r->resources.child);
    agent_http_pause(r->resources.agent_http, true);
  }
}

static void polite_time_is_over(void *who)
{
  struct run *r = who;
  child_stop(r->resources.child, r->deadlines.kill_grace_ms);
}

/* Asks the agent to end by its own protocol: once, and only while it works. */
static bool asked_to_end(struct run *r)
{
  if (r->polite || r->phase != SPEAKING || !agent_session_cancel(&r->session))
    return false;
  run_carry_out(r);
  r->polite = loop_timer_new(r->settings->loop, polite_time_is_over, r);
  unsigned half = r->deadlines.kill_grace_ms / 2;
  loop_timer_start(r->polite, half < LIMIT_POLITE_MS ? half : LIMIT_POLITE_MS);
  return true;
}

void run_cancel(struct run *r, const char *by, const char *code, const char *message,
                unsigned grace_ms)
{
  if (r->phase == OVER)
    return;
  unsigned own_ms = r->deadlines.kill_grace_ms;
  agent_session_cut(&r->session);
  if (!r->code[0])
    r->cancelled_by = by;
  run_set_reason(r, code, message);
  run_talk_end(r);
  if (r->phase == ENDING)
    run_session_stop(r);
  if (r->files_told) /* that is all it still waits for */
    run_files_finish(r, r->end, r->files_told);
  /* not spawned yet: begin() looks at the reason */
  if (!r->resources.child && !run_prepare_stop(r))
    loop_timer_start(r->later, 0);
  else if (r->resources.child && !asked_to_end(r))
    child_stop(r->resources.child, grace_ms && grace_ms < own_ms ? grace_ms : own_ms);
}

/* What the agent says of its own trouble may be the cause. */
static void end_with_reason(struct run *r, const char *by, const char *code,
                            const char *message)
{
  struct buf text = buf_make(2 * LIMIT_ERROR_MESSAGE_BYTES);
  buf_add_text(&text, message);
  agent_session_put_reason(&r->session, &text);
  run_cancel(r, by, code, buf_cstring(&text), 0);
  buf_free(&text);
}

static void deadline_passed(void *who, const char *code, const char *message)
{
  end_with_reason(who, "timeout", code, message);
}

static void result_grace_is_over(void *who)
{
  struct run *r = who;
  log_line(LOG_INFO, r->req->run_id,
           "the agent did not exit in time after its result: ending it");
  agent_session_cut(&r->session);
  child_stop(r->resources.child, r->deadlines.kill_grace_ms);
}

/* -- what the agent says -- */

/* By its first words the agent has either found the bridge or will do without it, and
 * says nothing of that: so we do. */
static void judge_bridge(struct run *r)
{
  if (r->bridge_judged || !r->resources.bridge || !events_have_spoken(r->events))
    return;
  r->bridge_judged = true;
  struct bridge_facts facts = bridge_facts(r->resources.bridge);
  if (facts.listed || r->session.actions.does_without_bridge)
    return;
  if (facts.refused > 0)
    events_warn(r->events, "bridge-unauthorized",
                SPAN_LITERAL("the agent reached the tool bridge with a wrong token: it "
                             "works without the host tools"));
  else
    events_warn(r->events, "bridge-unused",
                SPAN_LITERAL("the agent never asked the tool bridge for its tools: it "
                             "works without the host tools"));
}

static void keep_budget(struct run *r)
{
  struct buf why = buf_make(KIB);
  if (run_spending_is_over(r, &why))
    run_cancel(r, NULL, "budget-exceeded", buf_cstring(&why), 0);
  buf_free(&why);
}

static void child_says(void *who, struct span line)
{
  struct run *r = who;
  bool input = agent_session_line(&r->session, line);
  judge_bridge(r);
  /* Noise is no sign of life: it would put off the result grace for ever. */
  if (input)
    run_carry_out(r);
  keep_budget(r);
  if (!r->code[0] && agent_session_gave_up(&r->session))
    end_with_reason(r, NULL, "agent-error", "");
}

static void child_says_aside(void *who, struct span line)
{
  struct run *r = who;
  struct agent_input input = {.kind = AGENT_ASIDE, .text = line};
  (void)agent_session_input(&r->session, &input);
  keep_budget(r);
}

/* What comes by HTTP after the agent has exited is not its word any more. */
static void agent_http_says(void *who, const struct agent_input *input)
{
  struct run *r = who;
  if (r->phase != SPEAKING)
    return;
  bool alive = agent_session_input(&r->session, input);
  if (alive && r->watch)
    watch_alive(r->watch);
  judge_bridge(r);
  if (alive)
    run_carry_out(r);
  keep_budget(r);
  if (!r->code[0] && agent_session_gave_up(&r->session))
    end_with_reason(r, NULL, "agent-error", "");
}

static void line_too_long(void *who, size_t ceiling)
{
  struct run *r = who;
  agent_session_too_long(&r->session, ceiling);
}

/* The orchestrator reads again: so do we. */
static void reader_caught_up(void *who)
{
  struct run *r = who;
  events_caught_up(r->events);
  file_watch_go_on(r->files);
  if (!r->resources.child)
    return;
  child_resume(r->resources.child);
  agent_http_pause(r->resources.agent_http, false);
}

/* Once a tool; what the agent gets instead says bridge/mcp_result.h. */
static void tool_unstructured(void *who, const struct tool *tool)
{
  struct run *r = who;
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_addf(
      &text,
      "Tool \"%.*s\": a result has no structuredContent, which outputSchema asks for",
      SPAN_ARG(tool->name));
  log_line(LOG_WARN, r->req->run_id, "%s", buf_cstring(&text));
  events_warn(r->events, "tool-result-unstructured", buf_span(&text));
  buf_free(&text);
}

static void warn_of_tools(struct run *r)
{
  const struct tool_offer *offer = &r->resources.offer;
  for (size_t i = 0; i < offer->note_count; i++)
    events_warn(r->events, offer->notes[i].code, buf_span(&offer->notes[i].text));
  const struct buf *left_out = &r->resources.servers.left_out;
  if (left_out->len > 0)
    events_warn(r->events, "mcp-server-left-out", buf_span(left_out));
}

/* -- the beginning -- */

static void end_for_memory(struct run *r)
{
  struct buf text = buf_make(KIB);
  buf_addf(&text,
           "what is held for the run would be more than %zu bytes (--run-memory-bytes)",
           r->settings->run_memory_bytes);
  end_with_reason(r, NULL, "memory-limit", buf_cstring(&text));
  buf_free(&text);
}

static struct resources_calls calls = {
    .child = {child_says, line_too_long, run_child_ended},
    .on_aside = child_says_aside,
    .agent_http = {agent_http_says, line_too_long},
    .on_unstructured = tool_unstructured};

static bool agent_has_started(void *who)
{
  const struct run *r = who;
  return r->session.harness->started(r->session.state);
}

/* The workspace is as the request wants it. */
static void start_agent(struct run *r)
{
  struct fault f = {0};
  const char *code;
  run_files_open(r);
  if (resources_open(&r->resources, r->session.state, &r->deadlines, &calls, r, &code,
                     &f) < 0) {
    run_set_reason(r, code, f.text);
    run_conclude(r, NULL);
    return;
  }
  if (!r->resources.harness->parts)
    prompt_warn_parts(r->req, r->req->session_id.len > 0, false, r->events);
  r->phase = SPEAKING;
  tracing_agent_begins(r);
  warn_of_tools(r);
  struct watch_setup watch = {.loop = r->settings->loop,
                              .deadlines = &r->deadlines,
                              .child = r->resources.child,
                              .bridge = r->resources.bridge,
                              .events = r->events,
                              .last_words_ms = r->resources.harness->last_words_ms,
                              .dialogue = r->resources.dialogue,
                              .started = r->resources.harness->started ? agent_has_started
                                                                       : NULL,
                              .on_turn_over = goes_on,
                              .on_passed = deadline_passed,
                              .on_result_grace_over = result_grace_is_over,
                              .who = r};
  r->watch = watch_new(&watch);
}

/* A turn after run_start(), so that RUN_STARTED has left and a cancel may come first. */
static void begin(void *who)
{
  struct run *r = who;
  if (r->phase != BEGINNING) {
    end_for_memory(r);
    return;
  }
  if (r->code[0]) { /* cancelled before it began */
    run_conclude(r, NULL);
    return;
  }
  run_prepare(r, &calls, start_agent);
}

void run_start(struct run *r, struct sink *sink,
               void (*on_over)(void *who, const struct run_outcome *outcome), void *who)
{
  r->phase = BEGINNING;
  r->on_over = on_over;
  r->who = who;
  r->sink = sink;
  r->started_ms = clock_ticks_ms();
  sink->on_drain = reader_caught_up;
  sink->listener = r;
  struct events_setup setup = {.run_id = r->req->run_id,
                               .thread_id = r->req->thread_id,
                               .model = r->req->model,
                               .format = formats_find(r->req->event_format),
                               .max_chunk_bytes = r->req->max_chunk_bytes,
                               .sink = sink,
                               .on_event = r->trace ? tracing_event : NULL,
                               .who = r->trace};
  r->events = events_new(&setup);
  if (r->hold.timer)
    events_keep_arguments(r->events);
  r->session.events = r->events;
  r->later = loop_timer_new(r->settings->loop, begin, r);
  run_talk_begin(r);
  events_start(r->events);
  if (r->req->left_out.len > 0)
    events_warn(r->events, "unknown-member", r->req->left_out);
  r->heartbeat = heartbeat_new(r->settings->loop, r->events, r->deadlines.heartbeat_ms);
  loop_timer_start(r->later, 0);
}
