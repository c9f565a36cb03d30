/* SPDX-License-Identifier: MIT */
/* proc_self.c - the link /proc/self is the number of who reads it, as that /proc counts;
 * where it does not know the reader there is no such link. */
#include "io/proc_self.h"

#include <stdlib.h>
#include <unistd.h>

enum proc_self proc_self_look_up(void)
{
  char number[16];
  ssize_t n = readlink("/proc/self", number, sizeof number - 1);
  if (n < 0)
    return access("/proc/1", F_OK) == 0 ? PROC_FOREIGN : PROC_NONE;
  number[n] = 0;
  return atoi(number) == getpid() ? PROC_OURS : PROC_FOREIGN;
}
