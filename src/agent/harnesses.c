/* SPDX-License-Identifier: MIT */
/* harnesses.c - the rows of harnesses.h as a list that can be searched.  */
#include "agent/harnesses.h"

#define HARNESS_AT(name) &name##_harness,
static const struct harness *const harnesses[] = {HARNESSES(HARNESS_AT)};

const struct harness *harness_at(size_t index)
{
  return index < sizeof harnesses / sizeof harnesses[0] ? harnesses[index] : NULL;
}

const struct harness *harness_find(struct span id)
{
  const struct harness *h;
  for (size_t i = 0; (h = harness_at(i)) && !span_is(id, h->id);)
    i++;
  return h;
}
