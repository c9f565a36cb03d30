/* SPDX-License-Identifier: MIT */
#include "skill_search.h"

#include "base/limits.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

struct search {
  struct strv *out;
  struct buf path; /* of the folder, as it is added */
  unsigned entries;
};

static void look_in(struct search *s, int folder, unsigned depth);

static void look_at(struct search *s, int folder, const char *name, unsigned depth)
{
  size_t length = s->path.len;
  if (name[0] == '.' || strcmp(name, "node_modules") == 0 || depth == LIMIT_SKILL_DEPTH)
    return;
  int below = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (below < 0)
    return;
  buf_addf(&s->path, "%s%s", length > 0 ? "/" : "", name);
  look_in(s, below, depth + 1);
  s->path.len = length;
  s->path.overflowed = false;
}

/* Takes `folder`. */
static void look_in(struct search *s, int folder, unsigned depth)
{
  DIR *d = fdopendir(folder);
  const struct dirent *e;
  bool is_skill = false;
  if (!d) {
    close(folder);
    return;
  }
  while (s->entries < LIMIT_SKILL_ENTRIES && (e = readdir(d))) {
    s->entries++;
    if (strcasecmp(e->d_name, "SKILL.md") == 0)
      is_skill = true;
    else if (e->d_type == DT_DIR || e->d_type == DT_UNKNOWN)
      look_at(s, folder, e->d_name, depth);
  }
  closedir(d);
  if (is_skill && !s->path.overflowed)
    strv_add(s->out, buf_span(&s->path));
}

void skill_search(const char *root, struct strv *out)
{
  struct search s = {.out = out, .path = buf_make(LIMIT_PATH_BYTES)};
  int folder = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder >= 0)
    look_in(&s, folder, 0);
  buf_free(&s.path);
  strv_sort(out);
}
