/* SPDX-License-Identifier: MIT */
/* cgroup_parse.c - the texts come from the kernel, but their paths may hold anything a
 * container runtime put there: octal escapes are undone, and nothing is taken to be
 * short. */
#include "cgroup_parse.h"

#include "base/limits.h"

#include <string.h>

/* Cuts what stands before the next `end` off `rest`. */
static struct span next(struct span *rest, char end)
{
  size_t len = 0;
  while (len < rest->len && rest->at[len] != end)
    len++;
  struct span part = {rest->at, len};
  *rest = span_after(*rest, len < rest->len ? len + 1 : len);
  return part;
}

static bool lists(struct span names, const char *name)
{
  while (names.len > 0)
    if (span_is(next(&names, ','), name))
      return true;
  return false;
}

/* The process's path in the hierarchy of `controller`; "": v2's. */
static struct span path_in(struct span cgroup, const char *controller)
{
  while (cgroup.len > 0) {
    struct span line = next(&cgroup, '\n');
    struct span number = next(&line, ':'), controllers = next(&line, ':');
    bool is_it = controller[0] ? lists(controllers, controller)
                               : controllers.len == 0 && span_is(number, "0");
    if (is_it && line.len > 0 && line.at[0] == '/')
      return line;
  }
  return (struct span){0};
}

/* "\040" and its like: mountinfo's way to write blanks. */
static void add_unescaped(struct span s, struct buf *out)
{
  for (size_t i = 0; i < s.len; i++) {
    if (s.at[i] == '\\' && s.len - i > 3) {
      int value = (s.at[i + 1] & 7) << 6 | (s.at[i + 2] & 7) << 3 | (s.at[i + 3] & 7);
      buf_add_char(out, (char)value);
      i += 3;
    } else {
      buf_add_char(out, s.at[i]);
    }
  }
}

struct mount {
  struct span root, place, type, super; /* super: its options, v1's controllers too */
};

/* "36 35 98:0 /root /place options tag… - type source super". */
static struct mount read_mount(struct span line)
{
  struct mount m = {0};
  for (int i = 0; i < 3; i++)
    (void)next(&line, ' ');
  m.root = next(&line, ' ');
  m.place = next(&line, ' ');
  while (line.len > 0 && !span_is(next(&line, ' '), "-"))
    ;
  m.type = next(&line, ' ');
  (void)next(&line, ' ');
  m.super = line;
  return m;
}

/* The mount's place and what of `path` lies below its root.  False: it lies elsewhere. */
static bool join(const struct mount *m, struct span path, struct buf *out)
{
  struct span below = path;
  if (!span_is(m->root, "/")) {
    if (path.len < m->root.len || memcmp(path.at, m->root.at, m->root.len) != 0)
      return false;
    below = span_after(path, m->root.len);
  }
  if (below.len > 0 && below.at[0] != '/')
    return false;
  buf_clear(out);
  add_unescaped(m->place, out);
  if (below.len > 1)
    buf_add(out, below);
  return !out->overflowed;
}

static void find(struct span mountinfo, struct span path, const char *controller,
                 struct buf *out)
{
  while (path.len > 0 && mountinfo.len > 0) {
    struct mount m = read_mount(next(&mountinfo, '\n'));
    bool is_it = controller[0] ? span_is(m.type, "cgroup") && lists(m.super, controller)
                               : span_is(m.type, "cgroup2");
    if (is_it && m.place.len > 0 && join(&m, path, out))
      return;
    buf_clear(out);
  }
}

struct cgroup_paths cgroup_parse_paths(struct span cgroup, struct span mountinfo)
{
  struct cgroup_paths p = {buf_make(LIMIT_PATH_BYTES), buf_make(LIMIT_PATH_BYTES)};
  find(mountinfo, path_in(cgroup, ""), "", &p.unified);
  find(mountinfo, path_in(cgroup, "memory"), "memory", &p.memory);
  return p;
}

void cgroup_paths_free(struct cgroup_paths *p)
{
  buf_free(&p->unified);
  buf_free(&p->memory);
}

bool cgroup_parse_kills(struct span text, unsigned long long *kills)
{
  while (text.len > 0) {
    struct span line = next(&text, '\n');
    if (span_is(next(&line, ' '), "oom_kill"))
      return span_to_number(line, 0, (unsigned long long)-1, kills);
  }
  return false;
}
