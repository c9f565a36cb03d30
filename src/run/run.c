/* SPDX-License-Identifier: MIT */
/* run.c - see run.h. */
#include "run/run.h"

#include "agent/harness.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/mem.h"
#include "bridge/bridge.h"
#include "io/child.h"
#include "io/files.h"
#include "io/http_client.h"
#include "io/loop.h"
#include "run/certificate.h"
#include "run/deadlines.h"
#include "run/secrets.h"
#include "run/workspace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum stage { ADMITTED, BEGINNING, SPEAKING, ENDING, OVER };

struct run {
  const struct run_settings *settings;
  struct run_request *req;
  const struct harness *harness;
  void *state; /* the harness's */
  enum stage stage;

  struct buf workspace, folder, program;
  int folder_lock;
  struct strv env;

  struct sink *sink;
  struct events *events;
  struct outbox outbox;
  struct tool_route route;
  struct bridge *bridge;
  struct child *child;

  struct loop_timer *later; /* begin(), and the last word of the end */
  struct deadlines deadlines;
  struct watch *watch;

  char code[32]; /* why we ended it, "" if we did not */
  struct buf message;
  const char *cancelled_by;
  bool bridge_judged;
  unsigned long long unheard, too_long;
  unsigned long long started_ms, spawned_ms;
  struct run_outcome outcome;
  unsigned closing; /* parts that still have to say that they are closed */
  void (*on_over)(void *who, const struct run_outcome *outcome);
  void *who;
};

/* -- admission ------------------------------------------------------------------------------ */

static int check_tools(const struct run *r, struct fault *f)
{
  if (tools_count(r->req->tools) == 0 || r->settings->tool_command)
    return 0;
  if (http_client_check_url(r->req->tool_url, f) == 0)
    return 0;
  return fault_prefix(f, "run request: toolExecUrl");
}

static int find_program(struct run *r, struct fault *f)
{
  struct fault why = {0};
  if (files_find_program(r->harness->program, strv_env(&r->env, "PATH"), buf_cstring(&r->workspace),
                         &r->program, &why) == 0)
    return 0;
  return fault_set(f, FAULT_BAD_INPUT, "run request: harness %s cannot run here: %s", r->harness->id,
                   why.text);
}

struct run *run_new(const struct run_settings *settings, struct run_request *req, struct fault *f)
{
  struct run *r = mem_new(sizeof *r);
  r->settings = settings;
  r->req = req;
  r->folder_lock = -1;
  r->workspace = buf_make(8 * KIB);
  r->folder = buf_make(8 * KIB);
  r->program = buf_make(8 * KIB);
  r->message = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  r->outbox = outbox_make();
  r->deadlines = deadlines_resolve(settings, req);
  r->harness = harness_find(req->harness);
  int failed = 0;
  if (!r->harness)
    failed = fault_set(f, FAULT_BAD_INPUT, "run request: harness %.*s is not supported by this version",
                       (int)req->harness.len, req->harness.at);
  if (!failed)
    failed = check_tools(r, f);
  if (!failed)
    failed = secrets_resolve(settings->environment, req, &r->env, f);
  if (!failed)
    failed = workspace_choose(settings->workspace, settings->workspace_per_thread, req, &r->workspace, f);
  if (!failed)
    failed = find_program(r, f);
  if (failed) {
    run_free(r);
    return NULL;
  }
  secrets_spare_loopback(&r->env);
  secrets_hide(&r->env, req, true);
  r->state = mem_new(r->harness->memory ? r->harness->memory : 1);
  return r;
}

void run_free(struct run *r)
{
  if (!r)
    return;
  if (r->state) {
    secrets_hide(&r->env, r->req, false);
    if (r->harness->forget)
      r->harness->forget(r->state);
    mem_wipe(r->state, r->harness->memory);
    free(r->state);
  }
  if (r->events)
    events_free(r->events);
  outbox_free(&r->outbox);
  strv_free(&r->env);
  run_request_free(r->req);
  buf_free(&r->workspace);
  buf_free(&r->folder);
  buf_free(&r->program);
  buf_free(&r->message);
  free(r);
}

struct span run_id(const struct run *r)
{
  return r->req->run_id;
}

struct span run_workspace(const struct run *r)
{
  return buf_span(&r->workspace);
}

enum event_format run_format(const struct run *r)
{
  return r->req->event_format;
}

/* -- the end ----------------------------------------------------------------------------------- */

static void set_reason(struct run *r, const char *code, const char *message)
{
  if (r->code[0])
    return;
  snprintf(r->code, sizeof r->code, "%s", code);
  buf_add(&r->message, span_cut_utf8(span_of(message), LIMIT_ERROR_MESSAGE_BYTES - 1));
}

static void part_closed(void *who)
{
  struct run *r = who;
  if (--r->closing > 0)
    return;
  loop_timer_free(r->later);
  /* Bridge and child are closed: nothing can read the folder or use the token any more. */
  if (r->folder.len > 0) {
    files_remove_tree(r->folder.at);
    close(r->folder_lock);
  }
  struct run_outcome outcome = r->outcome;
  char code[sizeof r->code];
  memcpy(code, r->code, sizeof code);
  outcome.code = code;
  void (*on_over)(void *, const struct run_outcome *) = r->on_over;
  void *over_who = r->who;
  run_free(r);
  on_over(over_who, &outcome);
}

/* The reverse of the beginning: events over (sent by the caller), bridge, child, files, request. */
static void tear_down(struct run *r)
{
  r->stage = OVER;
  r->sink->listener = NULL;
  r->sink->on_drain = NULL;
  watch_free(r->watch);
  r->watch = NULL;
  r->outcome.events = events_count(r->events);
  r->outcome.tool_calls = events_tool_calls(r->events);
  r->outcome.duration_ms = ids_ticks_ms() - r->started_ms;
  r->closing = 1; /* ours, so that on_over never comes from inside */
  if (r->bridge) {
    r->closing++;
    bridge_close(r->bridge, part_closed, r);
    r->bridge = NULL;
  }
  if (r->child) {
    r->closing++;
    child_close(r->child, part_closed, r);
    r->child = NULL;
  }
  loop_timer_free(r->later);
  r->later = loop_timer_new(r->settings->loop, part_closed, r);
  loop_timer_start(r->later, 0);
}

static void warn_counts(struct run *r)
{
  char text[120];
  if (r->unheard > 1) {
    snprintf(text, sizeof text, "%llu lines of the agent could not be understood", r->unheard);
    events_warn(r->events, "unparsable-line", span_of(text));
  }
  if (r->child && child_repaired(r->child) > 0) {
    snprintf(text, sizeof text, "%llu invalid UTF-8 sequences of the agent were replaced by U+FFFD",
             child_repaired(r->child));
    events_warn(r->events, "invalid-utf8", span_of(text));
  }
}

static bool ended_well(const struct run *r)
{
  return !r->code[0] && r->harness->succeeded(r->state);
}

static void certify(struct run *r, const struct process_end *end)
{
  struct certificate c = {.end = end,
                          .failed = !ended_well(r),
                          .duration_ms = ids_ticks_ms() - r->started_ms,
                          .events = events_count(r->events),
                          .tool_calls = events_tool_calls(r->events),
                          .cancelled_by = r->cancelled_by};
  if (r->child && child_first_output_ms(r->child))
    c.startup_ms = child_first_output_ms(r->child) - r->spawned_ms;
  struct buf members = buf_make(MIB);
  certificate_write(&c, &members);
  events_certify(r->events, buf_span(&members));
  buf_free(&members);
}

/* The process is gone and its leftovers are known: the last event, then the way back. */
static void conclude(struct run *r, const struct process_end *end)
{
  if (r->stage == OVER)
    return;
  warn_counts(r);
  certify(r, end);
  struct ear ear = {r->events, &r->outbox};
  if (!r->code[0] && end)
    r->harness->leave(r->state, end, &ear);
  else
    events_fail(r->events, span_of(r->code), buf_span(&r->message));
  r->outcome.finished = !r->code[0] && events_finished_well(r->events);
  tear_down(r);
}

static void warn_leftovers(struct run *r, const struct process_end *end)
{
  if (end->leftover_count == 0)
    return;
  struct buf text = buf_make(4 * KIB);
  buf_addf(&text, "%zu processes of the run are still there:", end->leftover_count);
  for (size_t i = 0; i < end->leftover_count; i++)
    buf_addf(&text, " %s(%d)", end->leftovers[i].name, end->leftovers[i].pid);
  struct buf valid = buf_make(16 * KIB);
  utf8_repair(buf_span(&text), &valid);
  events_warn(r->events, "leftover-processes", buf_span(&valid));
  buf_free(&text);
  buf_free(&valid);
}

static void child_settled(void *who, const struct process_end *end)
{
  struct run *r = who;
  warn_leftovers(r, end);
  conclude(r, end);
}

static void child_ended(void *who, const struct process_end *end)
{
  (void)end; /* comes again, with the leftovers */
  struct run *r = who;
  r->stage = ENDING;
  watch_free(r->watch);
  r->watch = NULL;
  const struct fault *spawn = child_spawn_fault(r->child);
  if (spawn)
    set_reason(r, "spawn-failed", spawn->text);
  /* What the agent left running after a success is the user's (a dev server behind a preview). */
  child_settle(r->child, !ended_well(r), child_settled);
}

void run_cancel(struct run *r, const char *by, const char *code, const char *message, unsigned grace_ms)
{
  if (r->stage == OVER)
    return;
  if (!r->code[0])
    r->cancelled_by = by;
  set_reason(r, code, message);
  if (r->child)
    child_stop(r->child, grace_ms ? grace_ms : r->deadlines.kill_grace_ms);
  else
    loop_timer_start(r->later, 0); /* not spawned yet: begin() looks at the reason first */
}

static void deadline_passed(void *who, const char *code, const char *message)
{
  run_cancel(who, "timeout", code, message, 0);
}

static void result_grace_is_over(void *who)
{
  struct run *r = who;
  log_line(LOG_INFO, r->req->run_id, "the agent did not exit %u ms after its result: ending it",
           r->deadlines.result_grace_ms);
  child_stop(r->child, r->deadlines.kill_grace_ms);
}

/* -- what the agent says ----------------------------------------------------------------------------- */

/* Before its first words the agent has either found the bridge or will do without it, in silence: say so. */
static void judge_bridge(struct run *r)
{
  if (r->bridge_judged || !r->bridge || !events_have_spoken(r->events))
    return;
  r->bridge_judged = true;
  struct bridge_facts facts = bridge_facts(r->bridge);
  if (facts.listed)
    return;
  if (facts.refused > 0)
    events_warn(r->events, "bridge-unauthorized",
                SPAN_LITERAL("the agent reached the tool bridge with a wrong token: it works without the host tools"));
  else
    events_warn(r->events, "bridge-unused",
                SPAN_LITERAL("the agent never asked the tool bridge for its tools: it works without the host tools"));
}

static void carry_out(struct run *r)
{
  if (r->outbox.input.len > 0) {
    child_write(r->child, buf_span(&r->outbox.input));
    buf_clear(&r->outbox.input);
  }
  if (r->outbox.hang_up && r->watch)
    watch_result(r->watch); /* with each line after it again: the grace counts from the last */
  if (events_backlog(r->events) > LIMIT_SINK_HIGH_BYTES)
    child_pause(r->child);
}

static void child_says(void *who, struct span line)
{
  struct run *r = who;
  if (span_trim(line).len == 0)
    return;
  struct ear ear = {r->events, &r->outbox};
  struct heard heard = {HEARD_LINE, line};
  struct fault f = {0};
  if (r->harness->hear(r->state, &heard, &ear, &f) < 0 && r->unheard++ == 0) {
    struct buf text = buf_make(KIB);
    buf_addf(&text, "a line of the agent could not be understood: %.400s", f.text);
    events_warn(r->events, "unparsable-line", buf_span(&text));
    buf_free(&text);
  }
  judge_bridge(r);
  carry_out(r);
}

static void child_line_too_long(void *who, size_t ceiling)
{
  struct run *r = who;
  if (r->too_long++ > 0)
    return;
  char text[120];
  snprintf(text, sizeof text, "a line of the agent is longer than %zu bytes (--max-line-bytes) and was left out", ceiling);
  events_warn(r->events, "line-too-long", span_of(text));
}

static void reader_caught_up(void *who)
{
  struct run *r = who;
  if (r->child)
    child_resume(r->child);
}

/* -- the beginning --------------------------------------------------------------------------------------- */

static int open_bridge(struct run *r, struct fault *f)
{
  const struct run_settings *s = r->settings;
  r->route = (struct tool_route){.loop = s->loop,
                                 .client = s->client,
                                 .url = r->req->tool_url,
                                 .token = r->req->tool_token,
                                 .run_id = r->req->run_id,
                                 .traceparent = r->req->traceparent,
                                 .command = s->tool_command,
                                 .command_env = s->environment->at,
                                 .timeout_ms = r->deadlines.tool_ms,
                                 .answer_ceiling = LIMIT_TOOL_ANSWER_BYTES};
  if (tools_count(r->req->tools) == 0)
    return 0;
  struct bridge_setup setup = {s->loop, r->req->tools, &r->route, s->bridge_hold_ms, s->bridge_progress_ms};
  r->bridge = bridge_open(&setup, f);
  return r->bridge ? 0 : -1;
}

static int write_files(const struct run *r, const struct process_plan *plan, struct fault *f)
{
  for (size_t i = 0; i < plan->file_count; i++)
    if (files_write_private(r->folder.at, plan->files[i].name, buf_span(&plan->files[i].content), f) < 0)
      return -1;
  return 0;
}

static int spawn(struct run *r, struct process_plan *plan, struct fault *f)
{
  static const struct child_calls calls = {child_says, child_line_too_long, child_ended};
  for (size_t i = 0; i < plan->env.count; i++) {
    char *equals = strchr(plan->env.at[i], '=');
    *equals = 0; /* the plan is ours and not read again */
    strv_set_env(&r->env, plan->env.at[i], span_of(equals + 1));
  }
  struct child_setup setup = {.program = r->program.at,
                              .argv = &plan->argv,
                              .env = &r->env,
                              .cwd = r->workspace.at,
                              .folder = r->folder.at,
                              .input = &plan->first_input,
                              .dialogue = plan->input == INPUT_DIALOGUE,
                              .line_ceiling = r->settings->line_ceiling,
                              .drain_ms = r->deadlines.drain_ms};
  r->spawned_ms = ids_ticks_ms();
  r->child = child_spawn(r->settings->loop, &setup, &calls, r, f);
  return r->child ? 0 : -1;
}

static int plan_and_spawn(struct run *r, const char **code, struct fault *f)
{
  struct bridge_address address;
  if (r->bridge)
    address = bridge_address(r->bridge);
  struct plan_place place = {buf_span(&r->folder), buf_span(&r->workspace)};
  struct process_plan plan = process_plan_make();
  *code = "internal";
  int failed = r->harness->plan(r->state, r->req, r->bridge ? &address : NULL, &place, &plan, f);
  if (failed && f->kind == FAULT_BAD_INPUT)
    *code = "prompt-invalid";
  if (!failed)
    failed = write_files(r, &plan, f);
  if (!failed) {
    *code = "spawn-failed";
    failed = spawn(r, &plan, f);
  }
  process_plan_free(&plan);
  return failed;
}

static void begin(void *who)
{
  struct run *r = who;
  if (r->code[0]) { /* cancelled before it began */
    conclude(r, NULL);
    return;
  }
  struct fault f = {0};
  const char *code = "internal";
  if (files_make_private(r->settings->state_folder, "run", &r->folder, &r->folder_lock, &f) < 0) {
    buf_clear(&r->folder);
    set_reason(r, code, f.text);
  } else if (open_bridge(r, &f) < 0 || plan_and_spawn(r, &code, &f) < 0) {
    set_reason(r, code, f.text);
  }
  if (r->code[0]) {
    conclude(r, NULL);
    return;
  }
  r->stage = SPEAKING;
  struct watch_setup watch = {.loop = r->settings->loop,
                              .deadlines = &r->deadlines,
                              .child = r->child,
                              .bridge = r->bridge,
                              .events = r->events,
                              .on_passed = deadline_passed,
                              .on_result_grace_over = result_grace_is_over,
                              .who = r};
  r->watch = watch_new(&watch);
}

void run_start(struct run *r, struct sink *sink,
               void (*on_over)(void *who, const struct run_outcome *outcome), void *who)
{
  r->stage = BEGINNING;
  r->on_over = on_over;
  r->who = who;
  r->sink = sink;
  r->started_ms = ids_ticks_ms();
  sink->on_drain = reader_caught_up;
  sink->listener = r;
  struct events_setup setup = {.run_id = r->req->run_id,
                               .thread_id = r->req->thread_id,
                               .model = r->req->model,
                               .format = r->req->event_format == EVENT_FORMAT_AG_UI ? EVENTS_AG_UI : EVENTS_TANSTACK,
                               .max_chunk_bytes = r->req->max_chunk_bytes,
                               .sink = sink};
  r->events = events_new(&setup);
  r->later = loop_timer_new(r->settings->loop, begin, r);
  events_start(r->events);
  loop_timer_start(r->later, 0);
}
