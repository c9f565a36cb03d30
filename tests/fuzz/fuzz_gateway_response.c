/* SPDX-License-Identifier: MIT */
/* Whatever a response file holds, an answer comes of it whose head is one head and whose
 * body keeps the limit, or a fault.  First byte: the limit; the rest: the file. */
#include "door/gateway/gateway_response.h"

#include "base/limits.h"

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
  if (size == 0)
    return 0;
  struct span text = {(const char *)data + 1, size - 1};
  struct gateway_response r;
  struct fault f = {0};
  if (gateway_response_read(text, SPAN_LITERAL("i"), data[0], &r, &f) == 0) {
    struct buf head = buf_make(MIB);
    expect(r.answer.status >= 200 && r.answer.status <= 599);
    expect(r.body.len <= data[0]);
    http_answer_put_head(&head, &r.answer);
    size_t lines = 0;
    for (size_t i = 0; i < head.len; i++)
      lines += head.at[i] == '\n';
    expect(lines == r.answer.header_count + 1);
    buf_free(&head);
  } else {
    expect(f.kind == FAULT_BAD_INPUT || f.kind == FAULT_TOO_BIG);
  }
  gateway_response_free(&r);
  return 0;
}
