/* SPDX-License-Identifier: MIT */
/* Lines of a log, whatever stands in them: an answer of a model is counted once, and its
 * tokens are no more than two numbers can say. */
#include "agent/codex/codex_aside.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct span text = {(const char *)data, size};
  struct codex_aside aside = {0};
  struct spending s = {0};
  while (text.len > 0) {
    const char *newline = memchr(text.at, '\n', text.len);
    struct span line = {text.at, newline ? (size_t)(newline - text.at) : text.len};
    unsigned long long turns = s.spent[BUDGET_MODEL_TURNS],
                       tokens = s.spent[BUDGET_TOKENS];
    codex_aside_read(&aside, line, &s);
    if (s.spent[BUDGET_MODEL_TURNS] > turns + 1 ||
        s.spent[BUDGET_TOKENS] > tokens + (1ull << 54))
      abort();
    text = newline ? span_after(text, line.len + 1) : (struct span){0};
  }
  return 0;
}
