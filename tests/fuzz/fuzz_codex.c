/* SPDX-License-Identifier: MIT */
#include "agent/harnesses.h"
#include "harness_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  return harness_fuzz(&codex_harness, data, size);
}
