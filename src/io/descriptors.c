/* SPDX-License-Identifier: MIT */
/* descriptors.c - the limit is asked for each time: others may change it. */
#include "io/descriptors.h"

#include "base/limits.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

bool descriptors_is_spare(int fd)
{
  struct rlimit most;
  if (fd < 0 || getrlimit(RLIMIT_NOFILE, &most) < 0)
    return false;
  rlim_t spare =
      most.rlim_cur / 4 < LIMIT_SPARE_FDS ? most.rlim_cur / 4 : LIMIT_SPARE_FDS;
  return (rlim_t)fd >= most.rlim_cur - spare;
}

bool descriptors_are_short(void)
{
  int fd = open("/", O_PATH | O_CLOEXEC);
  bool spare = fd < 0 || descriptors_is_spare(fd);
  if (fd >= 0)
    close(fd);
  return spare;
}
