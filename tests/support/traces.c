/* SPDX-License-Identifier: MIT */
/* traces.c - see traces.h. */
#include "traces.h"

#include "base/clock.h"
#include "base/ids.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

static char mark[64];

struct strv traces_environment(void)
{
  char random[17];
  struct fault f;
  assert_int_equal(ids_token(random, 8, &f), 0);
  snprintf(mark, sizeof mark, "TRACE_MARK=%s", random);
  struct strv env = {0};
  strv_add(&env, span_of(mark));
  strv_add(&env, SPAN_LITERAL("PATH=/usr/local/bin:/usr/bin:/bin"));
  return env;
}

const char *traces_mark(void)
{
  return mark;
}

/* Reads /proc/<pid>/<name>, NUL-ended; how many bytes. */
static size_t read_about(const char *pid, const char *name, char *text, size_t capacity)
{
  char path[300];
  snprintf(path, sizeof path, "/proc/%s/%s", pid, name);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  size_t len = 0;
  for (ssize_t n; fd >= 0 && (n = read(fd, text + len, capacity - 1 - len)) > 0;)
    len += (size_t)n;
  if (fd >= 0)
    close(fd);
  text[len] = 0;
  return len;
}

/* A dead process has an empty environ, so zombies do not count. */
static bool carries_mark(const char *pid)
{
  char text[64 * 1024], name[32];
  (void)read_about(pid, "comm", name, sizeof name);
  /* nothing was marked yet; only root can read its environment */
  if (!mark[0] || !strcmp(name, "runlet-keeper\n"))
    return false;
  size_t len = read_about(pid, "environ", text, sizeof text);
  for (size_t at = 0; at < len; at += strlen(text + at) + 1)
    if (!strcmp(text + at, mark))
      return true;
  return false;
}

unsigned traces_alive(void)
{
  DIR *d = opendir("/proc");
  assert_non_null(d);
  unsigned n = 0;
  for (struct dirent *one; (one = readdir(d));)
    n += isdigit((unsigned char)one->d_name[0]) && carries_mark(one->d_name);
  closedir(d);
  return n;
}

void traces_sleep_ms(unsigned ms)
{
  struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
  while (nanosleep(&t, &t) < 0 && errno == EINTR)
    ;
}

void traces_expect_alive(unsigned count, unsigned ms)
{
  unsigned long long deadline = clock_ticks_ms() + ms;
  unsigned have;
  while ((have = traces_alive()) != count && clock_ticks_ms() < deadline)
    traces_sleep_ms(5);
  if (have != count)
    fail_msg("%u processes of the test are alive, not %u", have, count);
}

void traces_expect_no_child(void)
{
  siginfo_t info = {.si_pid = 0};
  int r = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
  if (r == 0 && info.si_pid)
    fail_msg("process %d is dead and not reaped", (int)info.si_pid);
  if (r == 0)
    fail_msg("a child is still there");
  assert_int_equal(errno, ECHILD);
}

unsigned traces_descriptors(void)
{
  DIR *d = opendir("/proc/self/fd");
  assert_non_null(d);
  unsigned n = 0;
  while (readdir(d))
    n++;
  closedir(d);
  return n;
}
