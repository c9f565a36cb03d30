/* SPDX-License-Identifier: MIT */
/* What is taken is written as what it is read as again, whatever came: a request's budget
 * (it begins with a brace), or an amount of an option. */
#include "request/run_budget.h"

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
  struct span text = {(const char *)data, size};
  struct fault f = {0};
  struct run_budget b;
  struct buf said = buf_make(100);
  unsigned long long usd = 0, again = 0;
  if (span_starts(text, "{")) {
    int rc = run_budget_parse(text, "budget.", &b, &f);
    expect((rc == 0) == (f.kind == FAULT_NONE));
    usd = rc == 0 ? b.most[BUDGET_USD] : 0;
  } else if (!run_budget_read_usd(text, &usd)) {
    usd = 0;
  }
  run_budget_put(BUDGET_USD, usd, &said);
  expect(run_budget_read_usd(buf_span(&said), &again) && again == usd);
  buf_free(&said);
  return 0;
}
