/* SPDX-License-Identifier: MIT */
/* ongoing.c - one file has all notes, so that a run makes none: files made and removed
 * were a millisecond of each run (ext4).  A note is five texts, each ended by a NUL byte,
 * in a slot of LIMIT_NOTE_BYTES (most of it a hole); a slot that begins with NUL is
 * free. */
#include "service/ongoing.h"

#include "base/limits.h"
#include "base/mem.h"
#include "io/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "ongoing"
#define NOTES  "/runs"

struct ongoing {
  const char *state;
  struct buf folder; /* empty: not made yet */
  int lock_fd, notes;
  struct buf taken; /* a byte a slot: 1 if it is */
};

struct ongoing *ongoing_new(const char *state)
{
  struct ongoing *o = mem_new(sizeof *o);
  *o = (struct ongoing){.state = state,
                        .folder = buf_make(LIMIT_PATH_BYTES),
                        .lock_fd = -1,
                        .notes = -1,
                        .taken = buf_make(LIMIT_NOTES)};
  return o;
}

static void close_fd(int *fd)
{
  if (*fd >= 0)
    close(*fd);
  *fd = -1;
}

static void close_folder(struct ongoing *o)
{
  if (o->folder.len > 0)
    files_remove_tree(o->folder.at);
  buf_clear(&o->folder);
  close_fd(&o->notes);
  close_fd(&o->lock_fd);
}

void ongoing_free(struct ongoing *o)
{
  if (!o)
    return;
  close_folder(o);
  buf_free(&o->folder);
  buf_free(&o->taken);
  free(o);
}

static bool open_folder(struct ongoing *o)
{
  struct fault ignored = {0};
  struct buf path = buf_make(LIMIT_PATH_BYTES);
  if (files_make_private(o->state, PREFIX, &o->folder, &o->lock_fd, &ignored) < 0) {
    buf_clear(&o->folder);
  } else {
    buf_addf(&path, "%s" NOTES, o->folder.at);
    o->notes = open(path.at, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  }
  buf_free(&path);
  if (o->notes < 0)
    close_folder(o);
  return o->notes >= 0;
}

static off_t place_of(size_t slot)
{
  return (off_t)slot * (off_t)LIMIT_NOTE_BYTES;
}

/* The first that is free. */
static size_t find_slot(const struct ongoing *o)
{
  const char *free_one = o->taken.len ? memchr(o->taken.at, 0, o->taken.len) : NULL;
  return free_one ? (size_t)(free_one - o->taken.at) : o->taken.len;
}

unsigned ongoing_note(struct ongoing *o, const struct ongoing_run *run)
{
  char began[24];
  if (o->notes < 0 && !open_folder(o))
    return 0;
  snprintf(began, sizeof began, "%lld", run->began_at);
  const struct span texts[] = {run->id, run->thread, run->harness, run->model,
                               span_of(began)};
  struct buf note = buf_make(LIMIT_NOTE_BYTES);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    buf_add(&note, texts[i]);
    buf_add_char(&note, 0);
  }
  size_t slot = find_slot(o);
  bool written = !note.overflowed && slot < LIMIT_NOTES &&
                 pwrite(o->notes, note.at, note.len, place_of(slot)) == (ssize_t)note.len;
  buf_free(&note);
  if (!written)
    return 0;
  if (slot == o->taken.len)
    buf_add_char(&o->taken, 0);
  o->taken.at[slot] = 1;
  return (unsigned)slot + 1;
}

void ongoing_forget(struct ongoing *o, unsigned number)
{
  if (number == 0)
    return;
  o->taken.at[number - 1] = 0;
  (void)!pwrite(o->notes, "", 1, place_of(number - 1));
}

/* -- of who died -- */

struct taking {
  void (*each)(void *who, const struct ongoing_run *run);
  void *who;
};

static void take_note(struct span note, const struct taking *t)
{
  struct span texts[5];
  unsigned long long began;
  for (size_t i = 0; i < 5; i++) {
    const char *end = note.len ? memchr(note.at, 0, note.len) : NULL;
    if (!end)
      return;
    texts[i] = (struct span){note.at, (size_t)(end - note.at)};
    note = span_after(note, texts[i].len + 1);
  }
  if (!span_to_number(texts[4], 0, LIMIT_EVENT_NUMBER, &began) || texts[0].len == 0)
    return;
  struct ongoing_run run = {texts[0], texts[1], texts[2], texts[3], (long long)began};
  t->each(t->who, &run);
}

static void take_folder(void *who, const char *folder)
{
  struct buf path = buf_make(LIMIT_PATH_BYTES), note = buf_make(LIMIT_NOTE_BYTES);
  buf_addf(&path, "%s" NOTES, folder);
  buf_reserve(&note, LIMIT_NOTE_BYTES);
  int fd = open(path.at, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  for (size_t slot = 0; fd >= 0 && slot < LIMIT_NOTES; slot++) {
    ssize_t n = pread(fd, note.at, LIMIT_NOTE_BYTES, place_of(slot));
    if (n <= 0)
      break;
    take_note((struct span){note.at, (size_t)n}, who);
  }
  if (fd >= 0)
    close(fd);
  buf_free(&path);
  buf_free(&note);
}

void ongoing_take_lost(const char *state,
                       void (*each)(void *who, const struct ongoing_run *run), void *who)
{
  struct taking t = {each, who};
  (void)files_sweep_stale_each(state, PREFIX, take_folder, &t);
}
