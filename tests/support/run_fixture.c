/* SPDX-License-Identifier: MIT */
#include "run_fixture.h"

#include "agui_check.h"
#include "base/limits.h"
#include "base/log.h"
#include "http/http_client.h"
#include "io/loop.h"
#include "process/keeper.h"
#include "process/orphans.h"
#include "request/request_read.h"
#include "traces.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include <uv.h>

static const char words[] =
    "INIT() { echo "
    "'{\"type\":\"system\",\"subtype\":\"init\",\"session_id\":\"s\",\"tools\":[]}'; }\n"
    "SAY() { echo "
    "'{\"type\":\"assistant\",\"message\":{\"id\":\"m\",\"content\":[{\"type\":\"text\","
    "\"text\":\"hello\"}]}}'; }\n"
    "GOOD() { echo '{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false}'; "
    "}\n";

void run_fixture_open(struct run_fixture *d, const char *script)
{
  struct fault f = {0};
  memset(d, 0, sizeof *d);
  log_setup(LOG_SILENT, LOG_TEXT);
  unsetenv("SSL_CERT_FILE");
  d->scratch = scratch_make();
  snprintf(d->bin, sizeof d->bin, "%s/bin", d->scratch.folder);
  snprintf(d->work, sizeof d->work, "%s/work", d->scratch.folder);
  snprintf(d->state, sizeof d->state, "%s/state", d->scratch.folder);
  assert_int_equal(mkdir(d->bin, 0700) | mkdir(d->work, 0700) | mkdir(d->state, 0700), 0);
  struct buf text = buf_make(64 * KIB);
  buf_addf(&text, "#!/bin/sh\n%s%s\n", words, script);
  scratch_write(&d->scratch, "bin/claude", 0755, buf_cstring(&text));
  buf_free(&text);
  d->env = traces_environment();
  char path[256];
  snprintf(path, sizeof path, "%s:/usr/bin:/bin", d->bin);
  strv_set_env(&d->env, "PATH", span_of(path));
  signal(SIGPIPE,
         SIG_IGN); /* as the program does: an agent may be gone before its prompt */
  assert_int_equal(keeper_prepare(&f), 0);
  struct uv_loop_s *loop = loop_new(&f);
  assert_int_equal(orphans_open(loop, &f), 0);
  struct http_client_setup client = {.loop = loop};
  d->text = buf_make(LIMIT_EVENT_LINE_BYTES);
  d->sink = collector_make(&d->text);
  d->settings = (struct run_settings){
      .loop = loop,
      .client = http_client_open(&client, &f),
      .environment = &d->env,
      .agent_environment = &d->env,
      .workspace = d->work,
      .run_folders = d->state,
      .line_ceiling = LIMIT_LINE_BYTES,
      .deadlines = {.run_ms = 20000,
                    .start_ms = 8000,
                    .tool_ms = 8000,
                    .kill_grace_ms = 300,
                    .setup_ms = 8000,
                    .drain_ms = 200},
      .heartbeat_ms = 0,
      .result_grace_ms = 300,
  };
  assert_non_null(d->settings.client);
}

struct run_request *run_fixture_request(const char *more)
{
  struct buf text = buf_make(64 * KIB);
  struct fault f = {0};
  struct request_rules rules = {.is_harness = run_is_harness,
                                .lenient = true,
                                .run_id = SPAN_LITERAL("r1"),
                                .thread_id = SPAN_LITERAL("t1"),
                                .local_tools = true};
  buf_addf(&text, "{%s\"model\":\"m\",\"prompt\":\"do it\"%s}",
           strstr(more, "\"harness\"") ? "" : "\"harness\":\"claude-code\",", more);
  struct run_request *req = run_request_read(&text, &rules, &f);
  if (!req)
    fail_msg("%s", f.text);
  return req;
}

void run_fixture_over(void *who, const struct run_outcome *outcome)
{
  struct run_fixture *d = who;
  d->over++;
  d->outcome = *outcome;
}

void run_fixture_wait(struct run_fixture *d, unsigned over)
{
  uint64_t end = uv_hrtime() + 10000000000u;
  while (d->over < over && uv_hrtime() < end) {
    uv_run(d->settings.loop, UV_RUN_NOWAIT);
    traces_sleep_ms(1);
  }
  if (d->over < over)
    fail_msg("%u of %u runs are over: %s", d->over, over, buf_cstring(&d->text));
}

void run_fixture_wait_for(struct run_fixture *d, const char *text)
{
  uint64_t end = uv_hrtime() + 10000000000u;
  while (!run_fixture_says(d, text) && uv_hrtime() < end) {
    uv_run(d->settings.loop, UV_RUN_NOWAIT);
    traces_sleep_ms(1);
  }
  assert_true(run_fixture_says(d, text));
}

bool run_fixture_says(const struct run_fixture *d, const char *text)
{
  return d->text.len > 0 && strstr(d->text.at, text) != NULL;
}

unsigned run_fixture_terminals(const struct run_fixture *d)
{
  unsigned n = 0;
  for (const char *at = d->text.len ? d->text.at : "";
       (at = strstr(at, "{\"type\":\"RUN_")); at++)
    n += !strncmp(at + 9, "RUN_FINISHED", 12) || !strncmp(at + 9, "RUN_ERROR", 9);
  return n;
}

void run_fixture_check(const struct run_fixture *d)
{
  const char *why = agui_check_stream(buf_span(&d->text), &event_format_tanstack);
  if (why)
    fail_msg("%s\n%.*s", why, (int)d->text.len, d->text.at ? d->text.at : "");
  assert_true(d->sink.ended);
}

void run_fixture_again(struct run_fixture *d)
{
  buf_clear(&d->text);
  d->sink = collector_make(&d->text);
}

void run_fixture_close(struct run_fixture *d)
{
  assert_int_equal(scratch_count(&d->scratch, "state"), 0);
  http_client_close(d->settings.client, NULL, NULL);
  orphans_close(d->settings.loop);
  assert_true(loop_free(d->settings.loop));
  traces_expect_alive(0, 3000);
  strv_free(&d->env);
  buf_free(&d->text);
  scratch_remove(&d->scratch);
}

struct run *run_fixture_go(struct run_fixture *d, const char *more)
{
  struct fault f = {0};
  struct run *r = run_new(&d->settings, run_fixture_request(more), &f);
  if (!r)
    fail_msg("%s", f.text);
  run_start(r, &d->sink.sink, run_fixture_over, d);
  assert_int_equal(d->over, 0); /* never from inside */
  assert_true(run_fixture_says(d, "\"RUN_STARTED\""));
  return r;
}

void run_fixture_expect(const char *script, const char *more, const char *code,
                        const char *text)
{
  struct run_fixture d;
  run_fixture_open(&d, script);
  run_fixture_go(&d, more);
  run_fixture_wait(&d, 1);
  if (d.outcome.finished != (code == NULL) ||
      strcmp(d.outcome.code, code ? code : "") != 0)
    fail_msg("code %s: %s", d.outcome.code, buf_cstring(&d.text));
  if (text && !run_fixture_says(&d, text))
    fail_msg("%s is not in: %s", text, buf_cstring(&d.text));
  assert_int_equal(run_fixture_terminals(&d), 1);
  run_fixture_check(&d);
  run_fixture_close(&d);
}
