/* SPDX-License-Identifier: MIT */
/* First byte: the method; the rest: a request's target. */
#include "door/http/route.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  struct span target = {(const char *)data + 1, size - 1};
  struct route r;
  struct fault f = {0};
  int read = route_read(span_of(data[0] & 1 ? "GET" : "POST"), target, &r, &f);
  bool named = r.name == ROUTE_RECORD || r.name == ROUTE_EVENTS || r.name == ROUTE_CANCEL;
  if (read < 0 ? f.kind != FAULT_BAD_INPUT : named != (r.id.len > 0))
    abort();
  if (r.id.len > target.len || (r.after > 0 && r.name != ROUTE_EVENTS && read == 0))
    abort();
  route_free(&r);
  return 0;
}
