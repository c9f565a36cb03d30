/* SPDX-License-Identifier: MIT */
/* Whatever the variable holds, words come of it that a process can get, or a fault.  The
 * input is the JSON, and once the base64 itself. */
#include "door/session/session_command.h"

#include "base/base64.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void expect(bool so)
{
  if (!so)
    abort();
}

static void try_text(struct span base64)
{
  struct session_command c;
  struct fault f = {0};
  if (session_command_read(base64, &c, &f) == 0) {
    expect(c.argv.count > 0 && c.argv.at[0][0] != 0);
    for (size_t i = 0; i < c.env.count; i++)
      expect(strchr(c.env.at[i], '=') > c.env.at[i]);
    expect(c.cwd.len == 0 || strlen(c.cwd.at) == c.cwd.len);
  } else {
    expect(f.kind != FAULT_NONE && f.text[0] != 0);
  }
  session_command_free(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct span text = {(const char *)data, size};
  struct buf base64 = buf_make(2 * size + 8);
  base64_encode(text, &base64);
  try_text(buf_span(&base64));
  try_text(text);
  buf_free(&base64);
  return 0;
}
