/* SPDX-License-Identifier: MIT */
/* Any two texts are read within their bounds; a folder that is found is in the second.
 * First byte: where the second begins. */
#include "base/limits.h"
#include "process/cgroup_parse.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 1 || size > 64 * KIB)
    return 0;
  struct span all = {(const char *)data + 1, size - 1};
  size_t cut = all.len < data[0] ? all.len : data[0];
  struct span cgroup = {all.at, cut}, mountinfo = span_after(all, cut);
  struct cgroup_paths p = cgroup_parse_paths(cgroup, mountinfo);
  if (p.unified.len + p.memory.len > 2 * all.len || (cut == 0 && p.unified.len > 0))
    abort();
  cgroup_paths_free(&p);
  unsigned long long kills;
  (void)cgroup_parse_kills(all, &kills);
  return 0;
}
