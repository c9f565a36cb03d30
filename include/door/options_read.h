/* SPDX-License-Identifier: MIT */
/* options_read.h - the command line and the environment, read by one table.
 *
 * Every option has a long name, a variable RUNLET_<NAME> (upper case, _ for -), a
 * default, and the group that a door takes it by; the flag wins over the variable.
 * "--name value" and "--name=value" are the same.  Numbers are strict: the whole text,
 * decimal, in range, the unit is in the name; "90s" is an error naming the option.  The
 * table (option_table.c) makes the parser, --help, and the reference's table (runlet
 * --help=markdown), and each row writes straight into the setting that it is for.
 *
 * RUNLET_TOKEN has no flag on purpose: argv can be read by everybody.  It and every other
 * RUNLET_* variable are kept from the agent (run/environment.h); its value is overwritten
 * in place.  */
#ifndef DOOR_OPTIONS_READ_H
#define DOOR_OPTIONS_READ_H

#include "base/buf.h"
#include "base/fault.h"
#include "door/options.h"

/* FAULT_BAD_INPUT names the option at fault.  `doors`: NULL-ended.  `env`: the process's
 * environment. */
int options_read(const struct door *const *doors, int argc, char *const *argv,
                 char *const *env, struct options *out, struct fault *f);

/* A line in the log for each RUNLET_… variable that no option has: it is misspelt.  Not
 * for those that Kubernetes makes of a service of our name. */
void options_warn_of_variables(char *const *env);

/* "HOST:PORT" to its parts; HOST is an IP literal ([…] for IPv6) or "localhost". */
int options_listen(const char *text, struct buf *host, unsigned *port, struct fault *f);

#endif
