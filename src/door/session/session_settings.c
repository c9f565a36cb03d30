/* SPDX-License-Identifier: MIT */
/* session_settings.c - what is missing is named before anything is started.  */
#include "session_settings.h"

#include "base/limits.h"
#include "door/env_number.h"

#define NAME(end) "PAPERCLIP_PROCESS_SESSION_" end

int session_settings_read(char *const *env, struct session_settings *out, struct fault *f)
{
  struct env_number numbers[] = {
      {NAME("STDIN_MAX_RETRIES"), 1, 1000000, LIMIT_SESSION_RETRIES},
      {NAME("TERMINATE_GRACE_MS"), 1, 2147483647, LIMIT_SESSION_GRACE_MS}};
  const char *command = env_text(env, NAME("COMMAND_B64"));
  *out = (struct session_settings){.folder = env_text(env, NAME("DIR"))};
  if (!out->folder[0])
    return fault_set(f, FAULT_BAD_INPUT, NAME("DIR") " is required");
  if (!command[0])
    return fault_set(f, FAULT_BAD_INPUT, NAME("COMMAND_B64") " is required");
  if (env_numbers_read(env, numbers, 2, f) < 0)
    return -1;
  out->retries = (unsigned)numbers[0].number;
  out->grace_ms = (unsigned)numbers[1].number;
  if (session_command_read(span_of(command), &out->command, f) < 0)
    return fault_prefix(f, NAME("COMMAND_B64"));
  return 0;
}

void session_settings_free(struct session_settings *s)
{
  session_command_free(&s->command);
}
