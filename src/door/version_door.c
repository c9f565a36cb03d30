/* SPDX-License-Identifier: MIT */
/* version_door.c - `runlet version`: what this binary is made of, one thing a line, its
 * name and its version.  build_info.h is written by meson, of what it links in.  */
#include "base/version.h"
#include "build_info.h"
#include "door/options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int open_door(const struct options *options, char *const *env, struct fault *f)
{
  (void)env;
  const char *more = options->version_verbose ? BUILD_INFO : "";
  if (printf("runlet " RUNLET_VERSION "\n%s", more) < 0 || fflush(stdout) != 0)
    return fault_set(f, FAULT_SYSTEM, "stdout cannot be written: %s", strerror(errno));
  return 0;
}

const struct door version_door = {
    .name = "version",
    .arguments = "[--verbose]",
    .summary = "says which version this is, and of which commit and libraries it is made",
    .options = OPTIONS_LOG | OPTIONS_VERSION,
    .open = open_door,
};
