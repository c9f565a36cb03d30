/* SPDX-License-Identifier: MIT */
/* hello_door.c - scratch: says where runs would work.  */
#include "door/door.h"
#include "door/runtime.h"

#include <stdio.h>

static int open_door(const struct options *options, char *const *env, struct fault *f)
{
  struct runtime runtime;
  int failed = runtime_open(&runtime, options, env, f);
  if (!failed)
    printf("hello from %s\n", runtime.settings.workspace);
  runtime_close(&runtime);
  return failed;
}

const struct door hello_door = {
    .name = "hello",
    .arguments = "[OPTION…]",
    .summary = "says where runs would work",
    .options = OPTIONS_LOG | OPTIONS_AGENT | OPTIONS_RUN,
    .open = open_door,
};
