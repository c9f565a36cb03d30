/* SPDX-License-Identifier: MIT */
/* opencode.h - OpenCode by its own server (`opencode serve`), seen with 1.18.33.
 *
 * The server listens on a free port of 127.0.0.1 behind a password that is made for the
 * run.  The dialogue, each step when the one before was answered:
 *
 *   stdout "opencode server listening on http://127.0.0.1:<port>"
 *   GET  /event                      the stream; its first event is server.connected
 *   POST /mcp                        the bridge, so no config of the user is touched and
 *                                    the bridge's token stands in no environment
 *   GET  /session/<id> or POST /session
 *   POST /session/<id>/message       the prompt; answered when the turn is over
 *   POST /permission/<id>/reply, /question/<id>/reject, /session/<id>/abort   meanwhile
 *
 * The turn is over when that answer and the stream's session.idle are there, for the
 * answer overtakes the last events (seen: by 100 ms).  The server never exits by itself,
 * so it is dismissed then.
 *
 * Why not `opencode run --format json`: it prints whole parts only (no deltas), and a
 * SIGTERM in a shell tool makes it hang and leaves the shell.  */
#ifndef AGENT_OPENCODE_H
#define AGENT_OPENCODE_H

#include "agent/harness.h"

extern const struct harness opencode_harness;

#endif
