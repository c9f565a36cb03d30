/* SPDX-License-Identifier: MIT */
/* oom_score.c - all of it may fail, for there may be no /proc and no capability, and then
 * nothing is lost. */
#include "process/oom_score.h"

#include "io/proc_self.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SELF "/proc/self/oom_score_adj"
enum { STEP = 500, LOWEST = -1000 };

static char usual[16]; /* of the process: there is one */

static int write_to(const char *path, const char *value)
{
  int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return -1;
  ssize_t n = write(fd, value, strlen(value));
  close(fd);
  return n < 0 ? -1 : 0;
}

void oom_score_lower(void)
{
  char was[sizeof usual], lower[sizeof usual];
  int fd = open(SELF, O_RDONLY | O_CLOEXEC);
  if (fd < 0 || usual[0])
    return;
  ssize_t n = read(fd, was, sizeof was - 1);
  close(fd);
  if (n <= 0)
    return;
  was[n] = 0;
  int value = atoi(was);
  snprintf(lower, sizeof lower, "%d", value - STEP < LOWEST ? LOWEST : value - STEP);
  if (write_to(SELF, lower) == 0)
    snprintf(usual, sizeof usual, "%d", value);
}

const char *oom_score_usual(void)
{
  return usual;
}

void oom_score_set(int pid, const char *value)
{
  char path[48] = SELF;
  if (!value[0] || (pid && proc_self_look_up() != PROC_OURS))
    return;
  if (pid)
    snprintf(path, sizeof path, "/proc/%d/oom_score_adj", pid);
  (void)write_to(path, value); /* it only orders the victims */
}
