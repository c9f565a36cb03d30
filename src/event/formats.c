/* SPDX-License-Identifier: MIT */
/* formats.c - one row a format.  Whoever chooses one, chooses it by its name here, so
 * that nothing outside the format's own file knows how it differs from the others.  */
#include "event/formats.h"

#include "event/format_ag_ui.h"
#include "event/format_pretty.h"
#include "event/format_tanstack.h"

static const struct event_format *const table[] = {
    &event_format_tanstack,
    &event_format_ag_ui,
    &event_format_pretty,
    &event_format_pretty_colour,
};
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
