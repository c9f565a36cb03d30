/* SPDX-License-Identifier: MIT */
/* ongoing.c - a note is five texts, each ended by a NUL byte. */
#include "service/ongoing.h"

#include "base/limits.h"
#include "base/mem.h"
#include "io/files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PREFIX "ongoing"

struct ongoing {
  const char *state;
  struct buf folder; /* empty: not made yet */
  int lock_fd;
  unsigned last, count;
};

struct ongoing *ongoing_new(const char *state)
{
  struct ongoing *o = mem_new(sizeof *o);
  *o = (struct ongoing){
      .state = state, .folder = buf_make(LIMIT_PATH_BYTES), .lock_fd = -1};
  return o;
}

static void close_folder(struct ongoing *o)
{
  if (o->folder.len > 0)
    files_remove_tree(o->folder.at);
  if (o->lock_fd >= 0)
    close(o->lock_fd);
  o->lock_fd = -1;
  buf_clear(&o->folder);
}

void ongoing_free(struct ongoing *o)
{
  if (!o)
    return;
  close_folder(o);
  buf_free(&o->folder);
  free(o);
}

unsigned ongoing_note(struct ongoing *o, const struct ongoing_run *run)
{
  struct fault ignored = {0};
  char name[16], began[24];
  if (o->folder.len == 0 &&
      files_make_private(o->state, PREFIX, &o->folder, &o->lock_fd, &ignored) < 0) {
    buf_clear(&o->folder);
    return 0;
  }
  snprintf(began, sizeof began, "%lld", run->began_at);
  const struct span texts[] = {run->id, run->thread, run->harness, run->model,
                               span_of(began)};
  struct buf note = buf_make(LIMIT_NOTE_BYTES);
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    buf_add(&note, texts[i]);
    buf_add_char(&note, 0);
  }
  snprintf(name, sizeof name, "%u.run", ++o->last);
  int failed = note.overflowed
                   ? -1
                   : files_write_private(o->folder.at, name, buf_span(&note), &ignored);
  buf_free(&note);
  o->count += failed == 0;
  return failed ? 0 : o->last;
}

void ongoing_forget(struct ongoing *o, unsigned number)
{
  if (number == 0)
    return;
  struct buf path = buf_make(LIMIT_PATH_BYTES);
  buf_addf(&path, "%s/%u.run", o->folder.at, number);
  (void)unlink(path.at);
  buf_free(&path);
  if (--o->count == 0)
    close_folder(o);
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
  DIR *d = opendir(folder);
  struct buf path = buf_make(LIMIT_PATH_BYTES), note;
  struct fault ignored = {0};
  for (struct dirent *one; d && (one = readdir(d));) {
    buf_clear(&path);
    buf_addf(&path, "%s/%s", folder, one->d_name);
    if (!strstr(one->d_name, ".run") ||
        files_read(path.at, LIMIT_NOTE_BYTES, &note, &ignored) < 0)
      continue;
    take_note(buf_span(&note), who);
    buf_free(&note);
  }
  if (d)
    closedir(d);
  buf_free(&path);
}

void ongoing_take_lost(const char *state,
                       void (*each)(void *who, const struct ongoing_run *run), void *who)
{
  struct taking t = {each, who};
  (void)files_sweep_stale_each(state, PREFIX, take_folder, &t);
}
