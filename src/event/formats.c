/* SPDX-License-Identifier: MIT */
/* formats.c - one row a format.  Whoever chooses one, chooses it by its name here, so
 * that nothing outside the format's own file knows how it differs from the others.  */
#include "event/formats.h"

/* In the order of --help.  A row stands for event_format_<name>, which
 * format_<name>.c defines. */
#define FORMAT_ROWS(ROW)                                                                 \
  ROW(tanstack)                                                                          \
  ROW(ag_ui)                                                                             \
  ROW(agui)                                                                              \
  ROW(pretty)                                                                            \
  ROW(pretty_full)                                                                       \
  ROW(pretty_terminal)                                                                   \
  ROW(pretty_terminal_full)                                                              \
  ROW(pretty_colour)                                                                     \
  ROW(pretty_colour_full)                                                                \
  ROW(harness)

#define FORMAT_DECLARED(name) extern const struct event_format event_format_##name;
#define FORMAT_LISTED(name)   &event_format_##name,
FORMAT_ROWS(FORMAT_DECLARED)
static const struct event_format *const table[] = {FORMAT_ROWS(FORMAT_LISTED)};
#define FORMATS (sizeof table / sizeof *table)

const struct event_format *formats_find(struct span name)
{
  if (name.len == 0)
    return table[0];
  for (size_t i = 0; i < FORMATS; i++)
    if (span_is(name, table[i]->name))
      return table[i];
  return NULL;
}

const char *formats_wire_name(size_t index)
{
  for (size_t i = 0; i < FORMATS; i++)
    if (table[i]->is_wire && index-- == 0)
      return table[i]->name;
  return NULL;
}
