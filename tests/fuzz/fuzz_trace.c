/* SPDX-License-Identifier: MIT */
/* What goes on of a trace is of its form, whatever came.  The input is both headers, a
 * newline between them. */
#include "request/trace.h"

#include "base/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void expect(bool so)
{
  if (!so)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct span text = {(const char *)data, size};
  const char *newline = size > 0 ? memchr(data, '\n', size) : NULL;
  size_t first = newline ? (size_t)(newline - text.at) : size;
  struct run_request *req = mem_new(sizeof *req);
  req->joined = arena_take();
  trace_take(req, (struct span){text.at, first},
             newline ? span_after(text, first + 1) : (struct span){0});
  struct span p = req->traceparent, s = req->tracestate;
  expect(p.len == 0 || (p.len == TRACE_PARENT_BYTES && !memcmp(p.at, "00-", 3)));
  expect(s.len <= 512 && (s.len == 0 || p.len > 0));
  for (size_t i = 0; i < p.len; i++)
    expect(p.at[i] == '-' || strchr("0123456789abcdef", p.at[i]));
  for (size_t i = 0; i < s.len; i++)
    expect(s.at[i] >= ' ' && s.at[i] <= '~');
  run_request_free(req);
  return 0;
}
