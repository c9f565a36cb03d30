/* SPDX-License-Identifier: MIT */
/* options_help.h - the options for people, from the same table.  */
#ifndef DOOR_OPTIONS_HELP_H
#define DOOR_OPTIONS_HELP_H

#include "door/options.h"

#include <stdio.h>

/* Help for one door (none: the overview), or the table of options in Markdown. */
void options_help(const struct door *const *doors, const struct options *o, FILE *to);

#endif
