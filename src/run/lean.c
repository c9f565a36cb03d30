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
  char id[12];
  unsigned char needs; /* bits */
} rows[] = {
    {"claude-code", 1 << HOME | 1 << PROC},
    {"codex", 1 << HOME | 1 << PROC},
    {"opencode", 1 << HOME | 1 << PROC | 1 << ADDRESSES},
    {"gemini", 1 << HOME | 1 << ADDRESSES | 1 << HEAP},
    {"grok-build", 1 << HOME},
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
  static const char *const words[][2] = {
      [HOME] = {"HOME", "cannot be written: this agent does not start"},
      [PROC] = {"/proc", "is not mounted, or another's: this agent does not run"},
      [ADDRESSES] = {"address space", "this agent needs more than 4 GiB (ulimit -v)"},
      [HEAP] = {"NODE_OPTIONS", "this agent needs a heap that nobody limits"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    for (enum need need = HOME; need <= HEAP; need++)
      if (rows[i].needs & 1 << need && span_is(id, rows[i].id) && troubles(facts, need)) {
        bool fails = need != HOME || i > 0;
        tell(who, fails, words[need][0],
             fails ? words[need][1] : "cannot be written: claude keeps no session");
      }
}
