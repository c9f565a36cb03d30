/* SPDX-License-Identifier: MIT */
/* main.c - argv and environment to a door; its outcome to the exit status. */
#include "base/arena.h"
#include "base/log.h"
#include "base/version.h"
#include "door/http/http_door.h"
#include "door/options.h"
#include "door/stdin_door.h"
#include "door/translate_door.h"
#include "io/signals.h"
#include "process/keeper.h"

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

extern char **environ;

static int translate(const struct options *o, struct fault *f)
{
  struct translate_setup setup = {.harness = span_of(o->harness),
                                  .run_id = span_of(o->run_id),
                                  .thread_id = span_of(o->thread_id),
                                  .model = span_of(o->model),
                                  .file = o->file,
                                  .out = STDOUT_FILENO,
                                  .exit_status = (int)o->exit_status,
                                  .signal = (int)o->signal,
                                  .max_line_bytes = (size_t)o->max_line_bytes,
                                  .timestamp_ms = -1};
  return translate_run(&setup, f);
}

static int open_a_door(const struct options *o, struct fault *f)
{
  switch (o->command) {
  case COMMAND_RUN:
    return stdin_door(o, environ, f);
  case COMMAND_SERVE:
    return http_door(o, environ, f);
  case COMMAND_TRANSLATE:
    return translate(o, f);
  case COMMAND_VERSION:
    return puts("runlet " RUNLET_VERSION) < 0;
  case COMMAND_HELP:
    options_help(o, stdout);
    return 0;
  }
  return fault_set(f, FAULT_BAD_INPUT, "no such command");
}

int main(int argc, char **argv)
{
  if (argc > 1 && !strcmp(argv[1], KEEPER_ARGUMENT))
    return keeper_main(argc, argv);
  struct fault f = {0};
  struct options o;
  signals_block();
  prctl(PR_SET_DUMPABLE,
        0); /* memory, environment and descriptors are closed to other users */
  int status = options_read(argc, argv, environ, &o, &f);
  if (status == 0) {
    enum log_level level = LOG_INFO;
    (void)log_level_read(span_of(o.log_level), &level); /* options_read() checked it */
    log_setup(level, strcmp(o.log_format, "json") == 0 ? LOG_JSON : LOG_TEXT);
    status = open_a_door(&o, &f);
  }
  arena_forget_all();
  if (status >= 0)
    return status;
  fprintf(stderr, "runlet: %s\n", f.text);
  return f.kind == FAULT_BAD_INPUT ? 2 : 1;
}
