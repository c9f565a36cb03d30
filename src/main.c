/* SPDX-License-Identifier: MIT */
/* main.c - argv and environment to a door; its outcome to the exit status.  Whatever can
 * be said wrong here is one line on stderr, and its kind decides the status.  */
#include "base/arena.h"
#include "base/log.h"
#include "base/version.h"
#include "door/doors.h"
#include "door/options_help.h"
#include "door/options_read.h"
#include "io/signals.h"
#include "process/keeper.h"
#include "process/remover.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

extern char **environ;

static int open_door(const struct options *o, struct fault *f)
{
  log_setup(o->log.level, o->log.format);
  if (o->door->options & OPTIONS_RUN) /* others speak for a foreign host, on its stderr */
    options_warn_of_variables(environ);
  return o->door->open(o, environ, f);
}

static int inform(const struct options *o)
{
  if (o->version)
    return puts("runlet " RUNLET_VERSION) < 0;
  options_help(doors, o, stdout);
  return 0;
}

int main(int argc, char **argv)
{
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  if (argc > 1 && !strcmp(argv[1], REMOVER_ARGUMENT))
    return remover_main(argc, argv);
  struct fault f = {0};
  struct options o;
  signals_block();
  /* Memory, environment and descriptors are closed to other users. */
  prctl(PR_SET_DUMPABLE, 0);
  int status = options_read(doors, argc, argv, environ, &o, &f);
  if (status == 0)
    status = o.door ? open_door(&o, &f) : inform(&o);
  arena_forget_all();
  if (status >= 0)
    return status;
  fprintf(stderr, "runlet: %s\n", f.text);
  return fault_exit_code(f.kind);
}
