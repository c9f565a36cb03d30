/* SPDX-License-Identifier: MIT */
/* check_report.h - what `runlet check` has found, for people or for a program.  Pure.
 *
 *   ok       workspace: /work
 *   warning  …
 *   failed   secret: ANTHROPIC_API_KEY is not in the environment
 *
 * or {"ok","version","checks":[{"name","state","text"}]}.  */
#ifndef DOOR_CHECK_REPORT_H
#define DOOR_CHECK_REPORT_H

#include "base/buf.h"
#include "base/json_write.h"

enum check_state { CHECK_OK, CHECK_WARNING, CHECK_FAILED };

struct check_report {
  bool json, failed;
  struct buf text;
  struct json_writer writer;
};

void check_report_open(struct check_report *r, bool json);
/* The text may be foreign: control bytes of it are made visible for people. */
void check_report_add(struct check_report *r, enum check_state state, const char *name,
                      struct span text);
/* All of it, complete.  Lent until the close. */
struct span check_report_end(struct check_report *r);
void check_report_close(struct check_report *r);

#endif
