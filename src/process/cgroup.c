/* SPDX-License-Identifier: MIT */
/* cgroup.c - a container without a writable hierarchy is the usual case: then the folders
 * are not there, and every function here does nothing. */
#include "process/cgroup.h"

#include "base/limits.h"
#include "cgroup_parse.h"
#include "io/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PREFIX "runlet-"

static unsigned long long pid_namespace(void)
{
  struct stat s;
  return stat("/proc/self/ns/pid", &s) == 0 ? (unsigned long long)s.st_ino : 0;
}

void cgroup_name(char name[CGROUP_NAME_BYTES], int keeper)
{
  snprintf(name, CGROUP_NAME_BYTES, PREFIX "%llu-%d", pid_namespace(), keeper);
}

static bool write_to(int folder, const char *name, struct span text)
{
  int fd = openat(folder, name, O_WRONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  bool written = write(fd, text.at, text.len) == (ssize_t)text.len;
  close(fd);
  return written;
}

/* -- one group -- */

struct cgroup cgroup_make(const char *parent)
{
  struct cgroup c = {.parent = parent, .fd = -1};
  int folder = parent[0] ? open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  if (folder < 0)
    return c;
  cgroup_name(c.name, getpid());
  (void)unlinkat(folder, c.name, AT_REMOVEDIR); /* of a keeper that had our pid */
  if (mkdirat(folder, c.name, 0755) == 0)
    c.fd = openat(folder, c.name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  close(folder);
  return c;
}

bool cgroup_kill(const struct cgroup *c)
{
  return c->fd >= 0 && write_to(c->fd, "cgroup.kill", SPAN_LITERAL("1"));
}

/* One pid a write is what the kernel takes. */
static bool move_out(int from, int to)
{
  int fd = openat(from, "cgroup.procs", O_RDONLY | O_CLOEXEC);
  FILE *procs = fd < 0 ? NULL : fdopen(fd, "r");
  char line[32];
  bool any = false;
  while (procs && fgets(line, sizeof line, procs))
    any = write_to(to, "cgroup.procs", span_of(line)) || any;
  if (procs)
    fclose(procs);
  return any;
}

void cgroup_leave(struct cgroup *c)
{
  int parent = c->fd < 0 ? -1 : open(c->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (parent < 0)
    return;
  /* Who forks meanwhile has left a child: look again, but not for ever. */
  for (int round = 0; unlinkat(parent, c->name, AT_REMOVEDIR) < 0 && round < 50; round++)
    if (!move_out(c->fd, parent))
      break;
  close(parent);
  close(c->fd);
  c->fd = -1;
}

void cgroup_end(const char *parent, int keeper)
{
  struct cgroup c = {.parent = parent};
  const struct timespec moment = {.tv_nsec = 1000000};
  int folder = parent[0] ? open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
  if (folder < 0)
    return;
  cgroup_name(c.name, keeper);
  c.fd = openat(folder, c.name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (c.fd >= 0) {
    (void)cgroup_kill(&c);
    close(c.fd);
    for (int round = 0;
         unlinkat(folder, c.name, AT_REMOVEDIR) < 0 && errno == EBUSY && round < 20;
         round++)
      nanosleep(&moment, NULL);
  }
  close(folder);
}

/* -- what there is -- */

/* Whether a group can be made, entered and killed here: by trying. */
static bool is_ours_to_use(const char *folder)
{
  struct cgroup c = cgroup_make(folder);
  bool can_be_killed = c.fd >= 0 &&
                       faccessat(c.fd, "cgroup.kill", W_OK, AT_EACCESS) == 0 &&
                       faccessat(c.fd, "cgroup.procs", W_OK, AT_EACCESS) == 0;
  cgroup_leave(&c);
  return can_be_killed;
}

/* "<PREFIX><namespace>-<keeper>" */
static bool read_name(const char *name, unsigned long long *whose, int *keeper)
{
  const char *dash = strrchr(name, '-');
  size_t begin = strlen(PREFIX);
  unsigned long long pid;
  if (!span_starts(span_of(name), PREFIX) || !dash || dash < name + begin)
    return false;
  struct span first = {name + begin, (size_t)(dash - name) - begin};
  if (!span_to_number(first, 0, ULLONG_MAX, whose) ||
      !span_to_number(span_of(dash + 1), 0, INT_MAX, &pid))
    return false;
  *keeper = (int)pid;
  return true;
}

/* A group of another namespace goes if nobody is in it: the worst that does to a keeper
 * about to use it is that its run has none. */
static void remove_stale(const char *folder)
{
  unsigned long long ours = pid_namespace(), whose;
  DIR *d = opendir(folder);
  for (struct dirent *one; d && (one = readdir(d));) {
    int keeper;
    if (!read_name(one->d_name, &whose, &keeper))
      continue;
    if (whose != ours || (keeper > 0 && kill(keeper, 0) < 0 && errno == ESRCH))
      (void)unlinkat(dirfd(d), one->d_name, AT_REMOVEDIR); /* refused if it is in use */
  }
  if (d)
    closedir(d);
}

static void choose(struct cgroups *c, const struct cgroup_paths *p)
{
  if (p->unified.len > 0) {
    buf_addf(&c->kills, "%s/memory.events", p->unified.at);
    if (is_ours_to_use(p->unified.at))
      buf_add(&c->folder, buf_span(&p->unified));
  }
  if (c->folder.len > 0)
    remove_stale(c->folder.at);
  if (c->kills.len > 0 && access(c->kills.at, R_OK) == 0)
    return;
  buf_clear(&c->kills); /* v2 without its memory controller, or v1 alone */
  if (p->memory.len > 0)
    buf_addf(&c->kills, "%s/memory.oom_control", p->memory.at);
}

void cgroups_look_up(struct cgroups *c)
{
  *c = (struct cgroups){buf_make(LIMIT_PATH_BYTES), buf_make(LIMIT_PATH_BYTES)};
  struct buf cgroup, mountinfo;
  struct fault ignored = {0};
  if (files_read("/proc/self/cgroup", LIMIT_PROC_BYTES, &cgroup, &ignored) < 0)
    return;
  if (files_read("/proc/self/mountinfo", LIMIT_PROC_BYTES, &mountinfo, &ignored) == 0) {
    struct cgroup_paths p = cgroup_parse_paths(buf_span(&cgroup), buf_span(&mountinfo));
    choose(c, &p);
    cgroup_paths_free(&p);
    buf_free(&mountinfo);
  }
  buf_free(&cgroup);
}

void cgroups_free(struct cgroups *c)
{
  buf_free(&c->kills);
  buf_free(&c->folder);
}

unsigned long long cgroup_kills(const char *file)
{
  unsigned long long kills = 0;
  struct buf text;
  struct fault ignored = {0};
  if (!file[0] || files_read(file, LIMIT_PROC_BYTES, &text, &ignored) < 0)
    return 0;
  (void)cgroup_parse_kills(buf_span(&text), &kills);
  buf_free(&text);
  return kills;
}
