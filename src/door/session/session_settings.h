/* SPDX-License-Identifier: MIT */
/* session_settings.h - what Paperclip's host tells a process session by its environment.
 * Pure.
 *
 * PAPERCLIP_PROCESS_SESSION_DIR, _COMMAND_B64 (session_command.h), _STDIN_MAX_RETRIES,
 * _TERMINATE_GRACE_MS.  What is empty counts as unset.  Numbers are strict; a fault names
 * its variable.  */
#ifndef DOOR_SESSION_SETTINGS_H
#define DOOR_SESSION_SETTINGS_H

#include "session_command.h"

struct session_settings {
  const char *folder; /* lent by the environment */
  struct session_command command;
  unsigned retries, grace_ms;
};

/* Free it in each case. */
int session_settings_read(char *const *env, struct session_settings *out,
                          struct fault *f);
void session_settings_free(struct session_settings *s);

#endif
