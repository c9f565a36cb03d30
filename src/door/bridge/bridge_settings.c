/* SPDX-License-Identifier: MIT */
#include "bridge_settings.h"

#include "door/env_number.h"

#include <string.h>

int bridge_settings_read(char *const *env, struct bridge_settings *out, struct fault *f)
{
  struct env_number port = {"BRIDGE_WS_PORT", 0, 65535, 0};
  out->token = span_of(env_text(env, "BRIDGE_CHANNEL_TOKEN"));
  out->replay = !strcmp(env_text(env, "BRIDGE_REPLAY_FROM_DISK"), "1");
  if (out->token.len == 0)
    return fault_set(f, FAULT_BAD_INPUT, "BRIDGE_CHANNEL_TOKEN must be set");
  if (env_numbers_read(env, &port, 1, f) < 0)
    return -1;
  out->port = (unsigned)port.number;
  return 0;
}
