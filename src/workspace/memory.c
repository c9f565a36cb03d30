/* SPDX-License-Identifier: MIT */
/* The note: the folder's path, and the SHA-256 of all that is asked, for a request must
 * not be able to pass for another. */
#include "memory.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/sha256.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
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

/* The token is no part of it: another one clones the same. */
static void put_note(const struct run_request *req, const char *folder, struct buf *note)
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
  uint8_t digest[SHA256_BYTES];
  sha256(buf_span(&wishes), digest);
  buf_wipe(&wishes);
  buf_addf(note, "%s\n", folder);
  for (size_t i = 0; i < sizeof digest; i++)
    buf_addf(note, "%02x", digest[i]);
  buf_add_char(note, '\n');
}

bool memory_knows(int fd, const struct run_request *req, const char *folder)
{
  struct buf note = buf_make(2 * LIMIT_PATH_BYTES);
  put_note(req, folder, &note);
  char *there = mem_new(note.len + 1);
  ssize_t n = pread(fd, there, note.len + 1, 0);
  bool same = n >= 0 && span_equal((struct span){there, (size_t)n}, buf_span(&note));
  free(there);
  buf_free(&note);
  return same;
}

int memory_note(int fd, const struct run_request *req, const char *folder,
                struct fault *f)
{
  struct buf note = buf_make(2 * LIMIT_PATH_BYTES);
  put_note(req, folder, &note);
  bool good =
      ftruncate(fd, 0) == 0 && pwrite(fd, note.at, note.len, 0) == (ssize_t)note.len;
  int e = errno;
  buf_free(&note);
  return good ? 0 : fault_system(f, -e, "the memory of %s", folder);
}
