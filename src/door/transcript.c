/* SPDX-License-Identifier: MIT */
/* transcript.c - https://no-color.org: any text counts, an empty one does not.  */
#include "door/transcript.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *transcript_format(const char *output, bool full)
{
  static const char *const names[][2] = {{"pretty", "pretty-full"},
                                         {"pretty-terminal", "pretty-terminal-full"},
                                         {"pretty-colour", "pretty-colour-full"}};
  bool terminal = isatty(STDOUT_FILENO) == 1;
  if (output ? strcmp(output, "pretty") != 0 : !terminal)
    return "";
  const char *kind = getenv("TERM"), *no_colour = getenv("NO_COLOR");
  bool able = terminal && kind && kind[0] && strcmp(kind, "dumb") != 0;
  return names[!able ? 0 : no_colour && no_colour[0] ? 1 : 2][full];
}

bool transcript_is_live(const char *format)
{
  return strlen(format) > strlen("pretty-full"); /* the longest that is not */
}
