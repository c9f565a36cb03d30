/* SPDX-License-Identifier: MIT */
/* child_fixture.h - a shell script as a child (process/child.h), and all that was heard
 * of it.
 *
 * Make it, change what its fields say, run it, settle it, finish it: that asserts
 * that each callback came as often as promised and that no process, zombie or handle
 * is left. The test program is its own keeper: its main() begins with
 * child_fixture_is_keeper(). */
#ifndef SUPPORT_CHILD_FIXTURE_H
#define SUPPORT_CHILD_FIXTURE_H

#include "process/child.h"

#include <uv.h>

struct child_fixture {
  struct uv_loop_s *loop;
  struct strv argv, env;
  struct child_setup setup;
  struct child *child;
  struct buf text; /* every line as "<line>|" */
  unsigned lines, too_long, ended, settled, closed;
  struct process_end end;
  struct buf tail;
  struct leftover leftovers[8];
  unsigned long long ended_ms;
  /* what on_line does: */
  unsigned pause_at, close_at;
  unsigned stop_grace_ms; /* at the first line, if not 0 */
  const char *answer;     /* written after the first line */
};

/* True: this process was started as a keeper; main() returns keeper_main(). */
bool child_fixture_is_keeper(int argc, char **argv);
struct child_fixture child_fixture_make(const char *script);
void child_fixture_spawn(struct child_fixture *d);
void child_fixture_run(struct child_fixture *d); /* spawns, until on_end */
void child_fixture_settle(struct child_fixture *d, bool sweep);
/* Closes; `alive` processes of the script may be left. */
void child_fixture_finish(struct child_fixture *d, unsigned alive);
void child_fixture_expect(struct child_fixture *d,
                          const char *text); /* all lines so far */

/* For loopback_wait(). */
bool child_fixture_ended(void *who);
bool child_fixture_has_settled(void *who);
bool child_fixture_closed(void *who);
bool child_fixture_has_line(void *who);
bool child_fixture_has_pid(void *who);

#endif
