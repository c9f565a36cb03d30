/* SPDX-License-Identifier: MIT */
/* Whatever a file of the inbox holds: a message, whose bytes are no longer than its text,
 * or a fault with words. */
#include "door/session/session_message.h"

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
  struct buf bytes = buf_make(size);
  struct fault f = {0};
  enum session_message_kind kind = SESSION_OTHER;
  if (session_message_read((struct span){(const char *)data, size}, &kind, &bytes, &f) ==
      0) {
    expect(kind == SESSION_STDIN || bytes.len == 0);
    expect(bytes.len <= size);
  } else {
    expect(f.kind != FAULT_NONE && f.text[0] != 0);
  }
  buf_free(&bytes);
  return 0;
}
