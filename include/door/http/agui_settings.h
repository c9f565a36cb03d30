/* SPDX-License-Identifier: MIT */
/* agui_settings.h - what the server says for all runs of POST /agui: the options
 * --agui-…, and the files that they name, read once.
 *
 * With neither --agui-harness nor --agui-defaults there is no POST /agui.  All that can
 * be wrong with them is told at the start: they are tried with a message of nobody.  */
#ifndef DOOR_AGUI_SETTINGS_H
#define DOOR_AGUI_SETTINGS_H

#include "door/http/agui_request.h"
#include "door/options.h"

struct agui_settings {
  bool on;
  struct agui_setup setup;
  struct buf defaults, tools, token;
};

/* To be closed in every case. */
int agui_settings_open(struct agui_settings *s, const struct options *options,
                       struct fault *f);
void agui_settings_close(struct agui_settings *s);

#endif
