/* SPDX-License-Identifier: MIT */
/* descendants.c - parents are read from /proc/<pid>/stat, all of them first; then the
 * tree below one is marked.  The kernel's own lists of children would be shorter to read,
 * but not every kernel is built with them.  Where /proc is not ours, the kernel is asked
 * of each number that was given out since we began whether it is a child of ours. */
#include "descendants.h"

#include "base/mem.h"
#include "io/proc_self.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NUMBERS_MOST 4194304 /* what the kernel gives out at most */

struct entry {
  int pid, parent;
  unsigned long long started;
  bool below, dead, stopped;
  char name[16];
};

struct table {
  struct entry *at;
  size_t count, capacity;
};

/* What stands behind the name: the state, then numbers, of which the first is the parent
 * and the nineteenth the start. */
static bool read_numbers(const char *text, char *state, struct entry *e)
{
  enum { PARENT = 1, STARTED = 19 };
  while (*text == ' ')
    text++;
  *state = *text;
  if (!*text)
    return false;
  text++;
  for (int field = 1; field <= STARTED; field++) {
    char *end;
    long long number = strtoll(text, &end, 10);
    if (end == text)
      return false;
    if (field == PARENT)
      e->parent = (int)number;
    else if (field == STARTED)
      e->started = (unsigned long long)number;
    text = end;
  }
  return true;
}

/* /proc/<pid>/stat: "pid (name) state ppid …"; the name may hold anything, so look for
 * the last ')'. */
static bool read_stat(int pid, struct entry *e)
{
  char path[32], text[512];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  ssize_t n = read(fd, text, sizeof text - 1);
  close(fd);
  if (n <= 0)
    return false;
  text[n] = 0;
  char *open_at = strchr(text, '('), *close_at = strrchr(text, ')');
  char state;
  if (!open_at || !close_at || !read_numbers(close_at + 1, &state, e))
    return false;
  *close_at = 0;
  e->pid = pid;
  e->dead = state == 'Z' || state == 'X';
  e->stopped = state == 'T';
  snprintf(e->name, sizeof e->name, "%s", open_at + 1);
  return true;
}

static struct table read_table(void)
{
  struct table t = {0};
  DIR *d = opendir("/proc");
  if (!d)
    return t;
  for (struct dirent *one; (one = readdir(d));) {
    struct entry e = {0};
    if (!isdigit((unsigned char)one->d_name[0]) || !read_stat(atoi(one->d_name), &e))
      continue;
    t.at = mem_reserve(t.at, t.count, &t.capacity, sizeof *t.at);
    t.at[t.count++] = e;
  }
  closedir(d);
  return t;
}

static bool is_below(const struct table *t, int root, int pid)
{
  for (size_t i = 0; i < t->count; i++)
    if (t->at[i].pid == pid)
      return t->at[i].below;
  return pid == root;
}

static bool is_spared(const struct descendants_but *but, const struct entry *e)
{
  if (!but)
    return false;
  for (size_t i = 0; i < but->count; i++)
    if (but->pids[i] == e->pid)
      return true;
  return e->started < but->started;
}

/* Marks the subtree of `root`.  Children mostly have higher pids than their parents, so
 * this is mostly two passes; the loop is for when pids have wrapped. */
static void mark(struct table *t, int root, const struct descendants_but *but)
{
  for (bool more = true; more;) {
    more = false;
    for (size_t i = 0; i < t->count; i++) {
      struct entry *e = &t->at[i];
      if (e->below || e->pid == root ||
          !(e->parent == root || is_below(t, root, e->parent)) || is_spared(but, e))
        continue;
      e->below = more = true;
    }
  }
}

/* The number that comes next, by a process that is given it.  0: it cannot be known. */
static int next_number(void)
{
  pid_t pid = vfork();
  if (pid == 0)
    _exit(0);
  while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
    ;
  return pid < 0 ? 0 : pid;
}

/* Our living children of the numbers from..before, marked. */
static void ask_numbers(struct table *t, int from, int before,
                        const struct descendants_but *but)
{
  for (int pid = from; pid < before; pid++) {
    siginfo_t info = {.si_pid = 0};
    struct entry e = {
        .pid = pid, .parent = getpid(), .below = true, .started = ~0ull, .name = "?"};
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ||
        info.si_pid != 0 || is_spared(but, &e))
      continue;
    t->at = mem_reserve(t->at, t->count, &t->capacity, sizeof *t->at);
    t->at[t->count++] = e;
  }
}

/* Without /proc: our own children, nameless; what is below them comes to us when they are
 * gone. */
static struct table ask_kernel(const struct descendants_but *but)
{
  struct table t = {0};
  siginfo_t info;
  if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
    return t; /* there is no child */
  int from = (but && but->after ? but->after : getpid()) + 1, next = next_number();
  ask_numbers(&t, from, next >= from ? next : NUMBERS_MOST, but);
  if (next < from) /* the numbers have begun again, or are not known */
    ask_numbers(&t, 2, next ? next : from, but);
  return t;
}

/* All below `root`, marked. */
static struct table find(int root, const struct descendants_but *but)
{
  struct table t = {0};
  if (proc_self_look_up() != PROC_OURS)
    return root == getpid() ? ask_kernel(but) : t;
  t = read_table();
  mark(&t, root, but);
  return t;
}

unsigned descendants_each(int root, void (*each)(void *who, int pid, const char *name),
                          void *who)
{
  struct table t = find(root, NULL);
  unsigned n = 0;
  for (size_t i = 0; i < t.count; i++) {
    if (!t.at[i].below || t.at[i].dead)
      continue;
    n++;
    each(who, t.at[i].pid, t.at[i].name);
  }
  free(t.at);
  return n;
}

/* One pass of a signal over the subtree; how many got it. */
static unsigned send_all(int root, const struct descendants_but *but, int signal,
                         bool only_running)
{
  struct table t = find(root, but);
  unsigned n = 0;
  for (size_t i = 0; i < t.count; i++) {
    const struct entry *e = &t.at[i];
    if (e->below && !e->dead && !(only_running && e->stopped) &&
        kill(e->pid, signal) == 0)
      n++;
  }
  free(t.at);
  return n;
}

unsigned descendants_kill_but(int root, const struct descendants_but *but)
{
  /* Until all stand still; but one that cannot be stopped now cannot fork either, so
   * looking on while their number stays the same is for those that are about to. */
  unsigned before = 0, same = 0;
  for (int round = 0; round < 50 && same < 5; round++) {
    unsigned running = send_all(root, but, SIGSTOP, true);
    if (running == 0)
      break;
    same = running == before ? same + 1 : 0;
    before = running;
  }
  return send_all(root, but, SIGKILL, false);
}

unsigned descendants_kill(int root)
{
  return descendants_kill_but(root, NULL);
}

unsigned long long descendants_started(int pid)
{
  struct entry e = {0};
  return proc_self_look_up() == PROC_OURS && read_stat(pid, &e) ? e.started : 0;
}
