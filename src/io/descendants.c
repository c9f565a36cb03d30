/* SPDX-License-Identifier: MIT */
/* descendants.c - see descendants.h. */
#include "io/descendants.h"

#include "base/mem.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct entry {
  int pid, parent;
  bool below, dead, stopped;
  char name[16];
};

struct table {
  struct entry *at;
  size_t count, room;
};

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
  if (!open_at || !close_at || sscanf(close_at + 1, " %c %d", &state, &e->parent) != 2)
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
    t.at = mem_room(t.at, t.count, &t.room, sizeof *t.at);
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

/* Marks the subtree of `root`.  Children mostly have higher pids than their parents, so
 * this is mostly two passes; the loop is for when pids have wrapped. */
static void mark(struct table *t, int root)
{
  for (bool more = true; more;) {
    more = false;
    for (size_t i = 0; i < t->count; i++) {
      struct entry *e = &t->at[i];
      if (e->below || e->pid == root ||
          !(e->parent == root || is_below(t, root, e->parent)))
        continue;
      e->below = more = true;
    }
  }
}

unsigned descendants_each(int root, void (*each)(void *who, int pid, const char *name),
                          void *who)
{
  struct table t = read_table();
  mark(&t, root);
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

/* One pass of a signal over the subtree; how many it was sent to for the first time. */
static unsigned send_all(int root, int signal, bool only_running)
{
  struct table t = read_table();
  mark(&t, root);
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

unsigned descendants_kill(int root)
{
  for (int round = 0; round < 50 && send_all(root, SIGSTOP, true) > 0; round++)
    ;
  return send_all(root, SIGKILL, false);
}
