/* SPDX-License-Identifier: MIT */
/* env_number.c - a number that is not one must not become 0, or none.  */
#include "door/env_number.h"

#include "base/buf.h"

#include <string.h>

const char *env_text(char *const *env, const char *name)
{
  size_t len = strlen(name);
  for (; *env; env++)
    if (!strncmp(*env, name, len) && (*env)[len] == '=')
      return *env + len + 1;
  return "";
}

int env_numbers_read(char *const *env, struct env_number *numbers, unsigned count,
                     struct fault *f)
{
  for (struct env_number *n = numbers; n < numbers + count; n++) {
    const char *value = env_text(env, n->name);
    if (value[0] && !span_to_number(span_of(value), n->least, n->most, &n->number))
      return fault_set(f, FAULT_BAD_INPUT,
                       "%s must be a whole number from %llu to %llu, not \"%.60s\"",
                       n->name, n->least, n->most, value);
  }
  return 0;
}
