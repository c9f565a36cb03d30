/* SPDX-License-Identifier: MIT */
/* harnesses.c - the rows of harnesses.h as a list that can be searched.  */
#include "agent/harnesses.h"

#define HARNESS_AT(name) &name##_harness,
static const struct harness *const harnesses[] = {HARNESSES(HARNESS_AT)};

const struct harness *harness_find(struct span id)
{
  for (size_t i = 0; i < sizeof harnesses / sizeof harnesses[0]; i++)
    if (span_is(id, harnesses[i]->id))
      return harnesses[i];
  return NULL;
}
