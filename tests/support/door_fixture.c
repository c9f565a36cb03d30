/* SPDX-License-Identifier: MIT */
#include "door_fixture.h"

#include "base/limits.h"
#include "door/doors.h"
#include "door/http/routes.h"
#include "door/options_read.h"
#include "traces.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void on_request(void *who, struct http_exchange *x)
{
  struct door_fixture *d = who;
  routes_answer(&d->door, x);
}

void door_fixture_open(struct door_fixture *d, const char *script)
{
  struct fault f = {0};
  char name[] = "runlet", command[] = "serve";
  char *argv[] = {name, command, NULL}, *env[] = {NULL};
  memset(d, 0, sizeof *d);
  signal(SIGPIPE, SIG_IGN);
  run_fixture_open(&d->run, script);
  assert_int_equal(options_read(doors, 2, argv, env, &d->options, &f), 0);
  d->run.settings.workspace_per_thread = true;
  d->runtime.options = &d->options;
  d->runtime.settings.tool_command = "true"; /* so that requests need no tool URL */
  d->runtime.loop = d->run.settings.loop;
  d->runtime.client = d->run.settings.client;
  d->runtime.folders.state = buf_make(KIB);
  buf_add_text(&d->runtime.folders.state, d->run.state);
  d->runtime.runs = runs_new(&d->run.settings, 8);
  runs_door_open(&d->door, &d->runtime);
  struct http_server_setup setup = {.limits = {16 * KIB, 20, MIB},
                                    .connections = 32,
                                    .write_stall_ms = 5000,
                                    .on_request = on_request,
                                    .who = d};
  d->server = http_server_open(d->runtime.loop, "127.0.0.1", 0, &setup, &f);
  assert_non_null(d->server);
}

void door_fixture_ask(struct door_fixture *d, const char *method, const char *target,
                      const char *headers, const char *body)
{
  struct buf text = buf_make(MIB);
  loopback_connect(&d->client, d->runtime.loop, http_server_port(d->server));
  buf_addf(&text, "%s %s HTTP/1.0\r\nHost: x\r\n%sContent-Length: %zu\r\n\r\n%s", method,
           target, headers, strlen(body), body);
  loopback_send(&d->client, buf_cstring(&text), 0);
  loopback_wait_text(&d->client, "\r\n\r\n");
  buf_free(&text);
}

char *door_fixture_whole(struct door_fixture *d, const char *method, const char *target,
                         const char *headers, const char *body)
{
  door_fixture_ask(d, method, target, headers, body);
  loopback_wait_end(&d->client);
  char *text = span_copy(buf_span(&d->client.got));
  loopback_close(&d->client, false);
  return text;
}

void door_fixture_expect(char *answer, const char *status, const char *text)
{
  if (strncmp(answer + strlen("HTTP/1.1 "), status, strlen(status)) != 0 ||
      !strstr(answer, text))
    fail_msg("expected %s and %s:\n%s", status, text, answer);
  free(answer);
}

char *door_fixture_request(const char *id, const char *more)
{
  struct buf text = buf_make(MIB);
  buf_addf(&text,
           "{\"runId\":\"%s\",\"threadId\":\"%s\",\"model\":\"m\",\"harness\":"
           "\"claude-code\",\"messages\":[{\"role\":\"user\",\"content\":\"do it\"}],"
           "\"workspace\":{\"source\":{\"type\":\"none\"}},\"toolDescriptors\":[]%s}",
           id, id, more);
  return buf_take(&text).at;
}

struct wait {
  struct door_fixture *fixture;
  const char *id;
};

static bool is_over(void *who)
{
  struct wait *w = who;
  struct record *r = records_find(w->fixture->door.records, span_of(w->id));
  return !r || !r->run;
}

void door_fixture_wait_over(struct door_fixture *d, const char *id)
{
  struct wait w = {d, id};
  loopback_wait(d->runtime.loop, is_over, &w);
}

void door_fixture_close(struct door_fixture *d)
{
  runs_shutdown(d->runtime.runs, 100, NULL, NULL);
  for (const struct record *r = records_newest(d->door.records); r; r = r->next)
    door_fixture_wait_over(d, r->id.at);
  http_server_close(d->server, NULL, NULL);
  assert_int_equal(d->door.streams, 0);
  runs_door_close(&d->door);
  runs_free(d->runtime.runs);
  buf_free(&d->runtime.folders.state);
  run_fixture_close(&d->run);
}
