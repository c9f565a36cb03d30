/* SPDX-License-Identifier: MIT */
/* tool_fixture.c - see tool_fixture.h. */
#include "tool_fixture.h"

#include "base/limits.h"
#include "loopback.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void answered(void *who, const struct tool_answer *answer)
{
  struct tool_fixture *d = who;
  assert_false(d->inside);
  d->answers++;
  d->cancelled = answer->cancelled;
  buf_add(&d->result, answer->result);
  buf_add(&d->failure, answer->failure);
}

void tool_fixture_open(struct tool_fixture *d)
{
  *d = (struct tool_fixture){.result = buf_make(256 * (size_t)MIB),
                             .failure = buf_make(MIB)};
  signal(SIGPIPE, SIG_IGN);
  uv_loop_init(&d->loop);
  host_open(&d->host, &d->loop);
  d->source = (struct tool_source){.loop = &d->loop,
                                   .client = d->host.client,
                                   .url = span_of(d->host.url),
                                   .token = SPAN_LITERAL("secret"),
                                   .run_id = SPAN_LITERAL("run 1\r\nx-evil: 1"),
                                   .traceparent = SPAN_LITERAL("00-aa-bb-01"),
                                   .answer_ceiling = LIMIT_TOOL_ANSWER_BYTES};
  d->route = (struct tool_route){.loop = &d->loop, .timeout_ms = 20000};
}

void tool_fixture_use(struct tool_fixture *d, tool_executor_claim *claim)
{
  struct fault f = {0};
  assert_int_equal(claim(&d->source, &d->route.executor, &f), 1);
}

struct tool_call *tool_fixture_start(struct tool_fixture *d, const char *args)
{
  d->inside = true;
  struct tool_call *c = tool_call_start(&d->route, SPAN_LITERAL("a \"tool\""), false,
                                        span_of(args), answered, d);
  d->inside = false;
  return c;
}

void tool_fixture_cancel(struct tool_fixture *d, struct tool_call *call)
{
  d->inside = true;
  tool_call_cancel(call);
  d->inside = false;
}

static bool is_over(void *who)
{
  struct tool_fixture *d = who;
  return d->answers > 0;
}

void tool_fixture_wait(struct tool_fixture *d)
{
  loopback_wait(&d->loop, is_over, d);
}

void tool_fixture_close(struct tool_fixture *d)
{
  tool_fixture_wait(d);
  host_close(&d->host);
  loopback_loop_close(&d->loop);
  assert_int_equal(d->answers, 1);
  buf_free(&d->result);
  buf_free(&d->failure);
}
