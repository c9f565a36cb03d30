/* SPDX-License-Identifier: MIT */
/* door.h - the interface of a door: one way in which runs are asked for and their events
 * leave, and one command of the program.
 *
 * A door is one file and one row in doors.c.  main() finds it by the first word of argv,
 * reads the options that it takes and opens it; from then on the process is the door's
 * until it is closed again.  */
#ifndef DOOR_DOOR_H
#define DOOR_DOOR_H

#include "base/fault.h"

#include <stdbool.h>

struct options;

/* Options belong to groups, and a door takes whole groups (option_table.c). */
enum option_group {
  OPTIONS_LOG = 1,
  OPTIONS_AGENT = 2,      /* how the output of an agent is read */
  OPTIONS_RUN = 4,        /* what every run needs that is run here */
  OPTIONS_OUTPUT = 8,     /* events go to stdout */
  OPTIONS_SERVICE = 16,   /* many runs, over a socket */
  OPTIONS_RECORDING = 32, /* a recorded agent */
  OPTIONS_BRIDGE = 64,    /* of a vercel/ai harness */
  OPTIONS_SESSION = 128,  /* a process for another host's agent */
  OPTIONS_HEALTH = 256,   /* a service is asked */
  OPTIONS_TOKEN = 512,    /* a service is asked what it tells only with its token */
  OPTIONS_VERSION = 1024,
  OPTIONS_ONCE = 2048, /* one run alone */
  OPTIONS_CHECK = 4096 /* what is there is looked at */
};

/* A host that was made for Node starts a door as `node …/<file>`, with runlet in the
 * place of node. */
struct door_script {
  const char *file; /* the last part of argv[1] */
  const char *flag; /* the option that it stands for; NULL: none */
};

struct door {
  const char *name;      /* the command: runlet NAME */
  const char *arguments; /* what stands behind its options, for people */
  const char *summary;
  const char *exit_status; /* what --help says about it; NULL: nothing */
  unsigned options;        /* enum option_group */
  bool takes_file, takes_companion;
  const struct door_script *scripts; /* that mean this door; ended by a NULL file */
  /* Options of its hosts, each with a value, that say nothing to it; ended by NULL. */
  const char *const *passed_over;
  /* Open to close.  The exit status, or -1 and a fault (base/fault.h says the status of
   * each kind).  `env`: the process's environment. */
  int (*open)(const struct options *options, char *const *env, struct fault *f);
};

#endif
