/* SPDX-License-Identifier: MIT */
/* workspace_fixture.c - see workspace_fixture.h. */
#include "workspace_fixture.h"

#include "io/loop.h"
#include "loopback.h"
#include "request/request_read.h"
#include "traces.h"

#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <setjmp.h>

#include <cmocka.h>

static bool is_harness(struct span id)
{
  return span_is(id, "claude-code");
}

void workspace_fixture_open(struct workspace_fixture *d)
{
  struct fault f = {0};
  *d = (struct workspace_fixture){.scratch = scratch_make(),
                                  .env = traces_environment(),
                                  .told = buf_make(SIZE_MAX),
                                  .tail = buf_make(SIZE_MAX),
                                  .warned = buf_make(SIZE_MAX),
                                  .message = buf_make(SIZE_MAX)};
  signal(SIGPIPE, SIG_IGN);
  snprintf(d->folder, sizeof d->folder, "%s/work", d->scratch.folder);
  snprintf(d->memory, sizeof d->memory, "%s/memory", d->scratch.folder);
  assert_int_equal(mkdir(d->folder, 0755) | mkdir(d->memory, 0700), 0);
  strv_set_env(&d->env, "HOME", span_of(d->scratch.folder));
  strv_set_env(&d->env, "GIT_CONFIG_NOSYSTEM", SPAN_LITERAL("1"));
  d->loop = loop_new(&f);
  assert_non_null(d->loop);
  d->place = (struct step_place){.loop = d->loop,
                                 .folder = d->folder,
                                 .env = &d->env,
                                 .deadline_ms = 8000,
                                 .kill_grace_ms = 100};
}

void workspace_fixture_ask(struct workspace_fixture *d, const char *workspace)
{
  const struct request_rules rules = {.is_harness = is_harness,
                                      .lenient = true,
                                      .run_id = SPAN_LITERAL("run-1"),
                                      .thread_id = SPAN_LITERAL("thread-1")};
  struct buf text = buf_make(SIZE_MAX);
  struct fault f = {0};
  run_request_free(d->req);
  buf_addf(&text, "{\"harness\":\"claude-code\",\"prompt\":\"go\",\"workspace\":{%s}}",
           workspace);
  d->req = run_request_read(&text, &rules, &f);
  if (!d->req)
    fail_msg("%s", f.text);
  d->setup = (struct workspace_setup){.loop = d->loop,
                                      .req = d->req,
                                      .folder = d->folder,
                                      .memory = d->memory,
                                      .env = &d->env,
                                      .skills = ".claude",
                                      .plugins = "claude",
                                      .setup_ms = d->place.deadline_ms,
                                      .kill_grace_ms = d->place.kill_grace_ms};
  buf_clear(&d->told);
  buf_clear(&d->warned);
  buf_clear(&d->message);
  d->ends = d->closed = 0;
  d->code = NULL;
}

void workspace_fixture_progress(void *who, const struct workspace_progress *p)
{
  struct workspace_fixture *d = who;
  assert_int_equal(d->ends, 0);
  buf_addf(&d->told, "%.*s:%s:%d|", SPAN_ARG(p->step), p->state, p->exit_code);
  buf_clear(&d->tail);
  buf_add(&d->tail, p->output_tail);
}

void workspace_fixture_warning(void *who, const char *code, struct span message)
{
  struct workspace_fixture *d = who;
  assert_int_equal(d->ends, 0);
  buf_addf(&d->warned, "%s: %.*s|", code, SPAN_ARG(message));
}

void workspace_fixture_done(void *who, const char *code, struct span message)
{
  struct workspace_fixture *d = who;
  d->ends++;
  d->code = code;
  buf_add(&d->message, message);
}

void workspace_fixture_closed(void *who)
{
  ((struct workspace_fixture *)who)->closed++;
}

static bool has_ended(void *who)
{
  return ((struct workspace_fixture *)who)->ends > 0;
}

static bool has_closed(void *who)
{
  return ((struct workspace_fixture *)who)->closed > 0;
}

void workspace_fixture_wait_end(struct workspace_fixture *d)
{
  loopback_wait(d->loop, has_ended, d);
}

void workspace_fixture_wait_closed(struct workspace_fixture *d)
{
  loopback_wait(d->loop, has_closed, d);
  assert_int_equal(d->ends, 1);
  assert_int_equal(d->closed, 1);
}

void workspace_fixture_shell(struct workspace_fixture *d, const char *script)
{
  struct buf command = buf_make(SIZE_MAX);
  buf_addf(&command,
           "cd '%s' && export HOME='%s' GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a "
           "GIT_AUTHOR_EMAIL=a@example.com GIT_COMMITTER_NAME=a "
           "GIT_COMMITTER_EMAIL=a@example.com && { %s\n}",
           d->scratch.folder, d->scratch.folder, script);
  if (system(buf_cstring(&command)) != 0) /* NOLINT: the test's own script */
    fail_msg("this failed: %s", script);
  buf_free(&command);
}

void workspace_fixture_close(struct workspace_fixture *d)
{
  run_request_free(d->req);
  strv_free(&d->env);
  buf_free(&d->told);
  buf_free(&d->tail);
  buf_free(&d->warned);
  buf_free(&d->message);
  assert_true(loop_free(d->loop));
  traces_expect_no_child();
  scratch_remove(&d->scratch);
}
