/* SPDX-License-Identifier: MIT */
/* bridge_settings.h - what a HarnessV1 host tells `runlet bridge` beside its options, by
 * the environment.  Pure.
 *
 * BRIDGE_CHANNEL_TOKEN (must be there), BRIDGE_WS_PORT (0 or none: any),
 * BRIDGE_REPLAY_FROM_DISK (1: yes).  What is empty counts as unset; a fault names its
 * variable. */
#ifndef DOOR_BRIDGE_SETTINGS_H
#define DOOR_BRIDGE_SETTINGS_H

#include "base/buf.h"
#include "base/fault.h"

struct bridge_settings {
  struct span token; /* lent by the environment */
  unsigned port;
  bool replay;
};

int bridge_settings_read(char *const *env, struct bridge_settings *out, struct fault *f);

#endif
