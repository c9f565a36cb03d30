/* SPDX-License-Identifier: MIT */
/* lean.c - one row a need.  */
#include "run/lean.h"

#include "base/strv.h"
#include "io/proc_self.h"

#include <string.h>
#include <sys/resource.h>

#define ADDRESS_BYTES (4ull << 30)

enum need { HOME, PROC, ADDRESSES, HEAP };

static const struct {
  const char *id;
  enum need need;
  bool fails;
  const char *text;
} rows[] = {
    {"claude-code", HOME, false, "claude runs, but keeps no session to resume"},
    {"codex", HOME, true, "codex does not start"},
    {"opencode", HOME, true, "opencode does not start"},
    {"gemini", HOME, true, "gemini does not start"},
    {"grok-build", HOME, true, "grok opens no session"},
    {"claude-code", PROC, true, "claude does not run without a mounted /proc"},
    {"codex", PROC, true, "codex does not run without a mounted /proc"},
    {"opencode", PROC, true, "opencode does not run without a mounted /proc"},
    {"opencode", ADDRESSES, true, "opencode needs more than 4 GiB (ulimit -v)"},
    {"gemini", ADDRESSES, true, "gemini needs more than 4 GiB (ulimit -v)"},
    {"gemini", HEAP, true, "gemini needs a heap that nobody limits (NODE_OPTIONS)"},
};

static bool troubles(const struct lean_facts *f, enum need need)
{
  switch (need) {
  case HOME:
    return f->home_read_only;
  case PROC:
    return f->no_proc;
  case ADDRESSES:
    return f->address_bytes > 0 && f->address_bytes <= ADDRESS_BYTES;
  default:
    return f->heap_limited;
  }
}

struct lean_facts lean_look_up(const struct strv *env, bool home_writable)
{
  struct rlimit addresses;
  const char *node = strv_env(env, "NODE_OPTIONS");
  struct lean_facts f = {.home_read_only = !home_writable,
                         .no_proc = proc_self_look_up() != PROC_OURS};
  /* node takes - and _ for each other */
  f.heap_limited =
      node && (strstr(node, "max-old-space") || strstr(node, "max_old_space"));
  if (getrlimit(RLIMIT_AS, &addresses) == 0 && addresses.rlim_cur != RLIM_INFINITY)
    f.address_bytes = addresses.rlim_cur;
  return f;
}

void lean_tell(const struct lean_facts *facts, struct span id,
               void (*tell)(void *who, bool fails, const char *about, const char *text),
               void *who)
{
  static const char *const about[] = {[HOME] = "HOME cannot be written",
                                      [PROC] = "/proc",
                                      [ADDRESSES] = "address space",
                                      [HEAP] = "node's heap"};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (span_is(id, rows[i].id) && troubles(facts, rows[i].need))
      tell(who, rows[i].fails, about[rows[i].need], rows[i].text);
}
