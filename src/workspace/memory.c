/* SPDX-License-Identifier: MIT */
/* The note: the folder's path, and for each part the SHA-256 of all that is asked, for a
 * request must not be able to pass for another; a part that was not done has dashes. */
#include "memory.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int memory_open(const char *memory, const char *folder, struct fault *f)
{
  struct buf path = buf_make(LIMIT_PATH_BYTES);
  buf_addf(&path, "%s/%016llx.lock", memory,
           (unsigned long long)span_fnv1a(span_of(folder)));
  if (mkdir(memory, 0700) < 0 && errno != EEXIST) {
    int e = errno;
    buf_free(&path);
    return fault_system(f, -e, "%s", memory);
  }
  int fd = open(buf_cstring(&path), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) {
    (void)fault_system(f, -errno, "%s", buf_cstring(&path));
  } else if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
    (void)fault_set(f, FAULT_CONFLICT,
                    "the workspace %s is being filled by another process", folder);
    close(fd);
    fd = -1;
  }
  buf_free(&path);
  return fd;
}

/* Each text with its length before it, so that no two lists look the same. */
static void add(struct buf *b, struct span s)
{
  buf_addf(b, "%zu:", s.len);
  buf_add(b, s);
}

static void put_hash(struct buf *wishes, struct buf *note)
{
  uint8_t digest[SHA256_BYTES];
  sha256(buf_span(wishes), digest);
  buf_wipe(wishes);
  for (size_t i = 0; i < sizeof digest; i++)
    buf_addf(note, "%02x", digest[i]);
  buf_add_char(note, '\n');
}

/* The token is no part of it: another one clones the same. */
static void put_filled(const struct run_request *req, struct buf *note)
{
  const struct workspace_plan *p = &req->workspace;
  struct buf wishes = buf_make(SIZE_MAX); /* a copy of what the request holds */
  add(&wishes, req->thread_id);
  add(&wishes, p->git.url);
  add(&wishes, p->git.ref);
  buf_addf(&wishes, "%u,%zu:", p->git.depth, p->setup_count);
  for (size_t i = 0; i < p->setup_count; i++)
    add(&wishes, p->setup[i]);
  buf_addf(&wishes, "%zu:", p->script_count);
  for (size_t i = 0; i < p->script_count; i++) {
    add(&wishes, p->scripts[i].name);
    add(&wishes, p->scripts[i].command);
  }
  buf_addf(&wishes, "%zu:", p->file_count);
  for (size_t i = 0; i < p->file_count; i++) {
    add(&wishes, p->files[i].path);
    add(&wishes, p->files[i].content);
  }
  add(&wishes, p->instructions);
  put_hash(&wishes, note);
}

static void put_skills(const struct memory_wishes *w, struct buf *note)
{
  const struct workspace_plan *p = &w->req->workspace;
  struct buf wishes = buf_make(SIZE_MAX);
  add(&wishes, w->req->thread_id);
  add(&wishes, span_of(w->agent));
  buf_addf(&wishes, "%zu:", p->git_skill_count);
  for (size_t i = 0; i < p->git_skill_count; i++) {
    add(&wishes, p->git_skills[i].repo);
    add(&wishes, p->git_skills[i].into);
  }
  buf_addf(&wishes, "%zu:", p->file_count);
  for (size_t i = 0; i < p->file_count; i++)
    add(&wishes, p->files[i].path);
  for (size_t i = 0; i < p->plugin_count; i++)
    add(&wishes, p->plugins[i]);
  put_hash(&wishes, note);
}

enum { LINE = 2 * SHA256_BYTES + 1 };

/* The folder, and a line for each part. */
static size_t put_note(const struct memory_wishes *w, struct buf *note)
{
  buf_addf(note, "%s\n", w->folder);
  size_t parts = note->len;
  put_filled(w->req, note);
  put_skills(w, note);
  return parts;
}

unsigned memory_knows(int fd, const struct memory_wishes *wishes)
{
  struct buf note = buf_make(2 * LIMIT_PATH_BYTES);
  unsigned known = 0;
  size_t parts = put_note(wishes, &note);
  char *there = mem_new(note.len + 1);
  ssize_t n = pread(fd, there, note.len + 1, 0);
  if (n == (ssize_t)note.len && memcmp(there, note.at, parts) == 0)
    for (unsigned i = 0; i < 2; i++)
      if (memcmp(there + parts + i * LINE, note.at + parts + i * LINE, LINE) == 0)
        known |= 1u << i;
  free(there);
  buf_free(&note);
  return known;
}

int memory_note(int fd, const struct memory_wishes *wishes, unsigned done,
                struct fault *f)
{
  struct buf note = buf_make(2 * LIMIT_PATH_BYTES);
  size_t parts = put_note(wishes, &note);
  for (unsigned i = 0; i < 2; i++)
    if (!(done & 1u << i))
      memset(note.at + parts + i * LINE, '-', LINE - 1);
  bool good =
      ftruncate(fd, 0) == 0 && pwrite(fd, note.at, note.len, 0) == (ssize_t)note.len;
  int e = errno;
  buf_free(&note);
  return good ? 0 : fault_system(f, -e, "the memory of %s", wishes->folder);
}
