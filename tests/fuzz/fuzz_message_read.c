/* SPDX-License-Identifier: MIT */
/* Whatever is sent to a running agent: a message with a text no longer than its JSON, or
 * a fault with words. */
#include "request/message_read.h"

#include <stdint.h>
#include <stdlib.h>

static void expect(bool so)
{
  if (!so)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct user_message m;
  struct fault f = {0};
  if (message_read((struct span){(const char *)data, size}, &m, &f) == 0) {
    expect(span_trim(buf_span(&m.text)).len > 0);
    expect(m.text.len <= size && m.id.len <= size);
  } else {
    expect(f.kind != FAULT_NONE && f.text[0] != 0);
  }
  user_message_free(&m);
  return 0;
}
