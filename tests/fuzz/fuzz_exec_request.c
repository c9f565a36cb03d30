/* SPDX-License-Identifier: MIT */
/* Whatever is asked, words come of it that a process can get, or a fault that says what
 * is wrong. */
#include "door/exec/exec_request.h"

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
  struct exec_request e;
  struct fault f = {0};
  if (exec_request_read((struct span){(const char *)data, size}, &e, &f) == 0) {
    const struct session_command *c = &e.command;
    expect(c->argv.count > 0 && c->argv.at[0][0] != 0);
    for (size_t i = 0; i < c->env.count; i++)
      expect(strchr(c->env.at[i], '=') > c->env.at[i]);
    expect(c->cwd.len == 0 || strlen(c->cwd.at) == c->cwd.len);
    expect(e.timeout_ms > 0 && e.input.len <= size);
  } else {
    expect(f.kind != FAULT_NONE && f.text[0] != 0);
  }
  exec_request_free(&e);
  return 0;
}
