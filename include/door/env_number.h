/* SPDX-License-Identifier: MIT */
/* env_number.h - what a foreign host tells a door by its environment.  Pure.  */
#ifndef DOOR_ENV_NUMBER_H
#define DOOR_ENV_NUMBER_H

#include "base/fault.h"

struct env_number {
  const char *name;
  unsigned long long least, most, number; /* number: the default, then what was read */
};

/* The value of a variable, "" when it is not set. */
const char *env_text(char *const *env, const char *name);
/* Strict: the whole text, decimal, in range.  Empty counts as unset.  FAULT_BAD_INPUT
 * names the variable at fault. */
int env_numbers_read(char *const *env, struct env_number *numbers, unsigned count,
                     struct fault *f);

#endif
