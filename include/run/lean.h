/* SPDX-License-Identifier: MIT */
/* lean.h - what agents need of a machine, and what becomes of them where it is not there,
 * as it was seen (claude 2.1.332, codex 0.171.0, opencode 1.18.33, gemini 0.61.0, grok
 * 1.0.41).
 *
 * What does them no harm is not asked for: LANG=C, DEBUG, FORCE_COLOR, CI and RUST_LOG,
 * and, as runlet sets NO_PROXY for its bridge, proxies.  */
#ifndef RUN_LEAN_H
#define RUN_LEAN_H

#include "base/buf.h"

struct strv;

struct lean_facts {
  bool home_read_only;              /* or it is not there */
  bool no_proc;                     /* or it is another namespace's */
  bool heap_limited;                /* NODE_OPTIONS */
  unsigned long long address_bytes; /* RLIMIT_AS; 0: no limit */
};

/* `home_writable`: HOME, as the agent will have it. */
struct lean_facts lean_look_up(const struct strv *env, bool home_writable);
/* Tells each that troubles the harness of this id: `fails` what ends its run, else what
 * only lessens it. */
void lean_tell(const struct lean_facts *facts, struct span id,
               void (*tell)(void *who, bool fails, const char *about, const char *text),
               void *who);

#endif
