/* SPDX-License-Identifier: MIT */
/* option_table.h - all options of the program, one row each.  */
#ifndef DOOR_OPTION_TABLE_H
#define DOOR_OPTION_TABLE_H

#include "base/buf.h"

enum option_kind { OPTION_TEXT, OPTION_NUMBER, OPTION_YES, OPTION_USD };

struct option {
  const char *name; /* without "--" */
  enum option_kind kind;
  size_t at, size; /* of the setting, in struct options: a NUMBER is 4 or 8 bytes */
  unsigned groups; /* a door that takes one of them takes the option */
  unsigned long long lowest, highest, number; /* NUMBER: range and default */
  const char *text;                           /* TEXT: default, NULL: none */
  const char *value, *help;                   /* for people */
};

extern const struct option option_table[];
extern const size_t option_count;

/* "tool-timeout-ms" to "RUNLET_TOOL_TIMEOUT_MS". */
void option_variable(const struct option *o, struct buf *out);

#endif
