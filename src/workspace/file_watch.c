/* SPDX-License-Identifier: MIT */
/* file_watch.c - one piece of work after the other, as long as a turn lasts:
 *
 *   a folder that is gone    what was in it is deleted, file by file
 *   a folder to be read      each name is looked at, then those that it has no more
 *   a name with news         is looked at
 *
 * The first that there is goes first: so what is known is right before the next news.  */
#include "workspace/file_watch.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/mem.h"
#include "io/folder_read.h"
#include "io/folder_watch.h"
#include "io/loop.h"
#include "known_files.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORK_A_LOOK = 32 /* at the clock */ };

struct file_watch {
  struct file_watch_setup set;
  const struct file_watch_calls *calls;
  void *who;
  int root_fd, at_fd; /* at_fd: of the folder `at`, to look at names in it */
  struct known *at;
  struct known_files *known;
  struct folder_watch *news; /* NULL: none are to be had */
  struct loop_timer *turn, *pace, *end;
  struct known *gone;       /* a folder */
  struct known *read;       /* a folder that is being read … */
  struct folder_read *open; /* … NULL: now those that it has no more … */
  struct known *unseen;     /* … from here on */
  unsigned reading;         /* the number of that reading */
  long long since;
  uint64_t own_stamp;
  unsigned long long scanned_ms; /* when all was read last, in ticks */
  bool first;                    /* all is read for the first time */
  bool all;                      /* … again: folders that are known, too */
  bool lost;                     /* news were */
  bool unwatched, crowded;       /* a folder has no watch; a name has no room */
  bool starved;                  /* no more news are waited for: too many names wait */
  bool ending, finished;
  struct file_watch_counts counts;
};

/* -- what is told -- */

static void tell(struct file_watch *w, const struct known *e, const char *type)
{
  struct buf path = buf_make(LIMIT_PATH_BYTES);
  known_path(e, &path);
  w->counts.told++;
  if (!path.overflowed)
    w->calls->on_file(w->who, type, buf_span(&path));
  buf_free(&path);
}

static void warn_once(struct file_watch *w, bool *told, const char *code,
                      const char *text)
{
  if (!*told)
    w->calls->on_warning(w->who, code, text);
  *told = true;
}

static struct known *name_in(struct file_watch *w, struct known *folder, const char *name)
{
  struct known *e = known_find(w->known, folder, name, true);
  if (!e)
    warn_once(w, &w->crowded, "sandbox-files-limit",
              "the workspace has too many files to be watched: some are not told");
  return e;
}

/* -- folders -- */

static void leave(struct file_watch *w)
{
  if (w->at_fd >= 0)
    close(w->at_fd);
  w->at_fd = -1;
  w->at = NULL;
}

static int open_known(const struct file_watch *w, const struct known *folder)
{
  struct buf path = buf_make(LIMIT_PATH_BYTES);
  known_path(folder, &path);
  int fd = path.overflowed ? -1 : folder_open(w->root_fd, buf_cstring(&path));
  buf_free(&path);
  return fd;
}

/* A folder that was moved has its watch already, under the old name, which will go. */
static void take_watch(struct file_watch *w, struct known *folder, int watch)
{
  struct known *old = known_by_watch(w->known, watch);
  if (old)
    known_watch(w->known, old, 0);
  known_watch(w->known, folder, watch);
}

static void watch_folder(struct file_watch *w, struct known *folder, int fd)
{
  if (folder->watch)
    return;
  int watch = w->news ? folder_watch_add(w->news, fd) : -1;
  if (watch < 0)
    warn_once(w, &w->unwatched, "sandbox-files-unwatched",
              "there are too few inotify watches or instances for the workspace "
              "(fs.inotify.max_user_watches, max_user_instances): files are told at the "
              "end of the run");
  else
    take_watch(w, folder, watch);
}

static bool is_left_out(const struct file_watch *w, const struct known *e, uint64_t stamp)
{
  static const char *const of_system[] = {"proc", "sys", "dev"};
  for (size_t i = 0; !w->set.folder[1] && !e->in->in && i < 3; i++)
    if (!strcmp(e->name, of_system[i]))
      return true;
  return known_is_pruned(e->name) || stamp == w->own_stamp;
}

/* -- a look -- */

static void is_folder(struct file_watch *w, struct known *e, uint64_t stamp)
{
  if (e->kind == KNOWN_FILE)
    tell(w, e, "delete");
  bool is_new = e->kind != KNOWN_FOLDER;
  e->kind = KNOWN_FOLDER;
  e->stamp = stamp;
  if (is_new || w->all)
    (void)known_queue(w->known, e, QUEUE_FOLDERS);
}

static void is_file(struct file_watch *w, struct known *e, const struct folder_look *look)
{
  bool is_new = e->kind != KNOWN_FILE, other = e->stamp != look->stamp;
  e->kind = KNOWN_FILE;
  e->stamp = look->stamp;
  if (is_new ? !w->first || look->after : other)
    tell(w, e, is_new ? "create" : "change");
}

static void is_nothing(struct file_watch *w, struct known *e)
{
  if (e->kind == KNOWN_FILE)
    tell(w, e, "delete");
  known_remove(w->known, e);
}

/* What stands in the place of `e` now, and what is to be told of it. */
static void look_at(struct file_watch *w, struct known *e)
{
  struct folder_look look = {0};
  known_dequeue(w->known, e);
  if (w->at != e->in) {
    leave(w);
    w->at_fd = open_known(w, e->in);
    w->at = e->in;
  }
  if (w->at_fd >= 0)
    look = folder_look(w->at_fd, e->name, w->since);
  bool same = e->kind == KNOWN_FOLDER && look.stamp == e->stamp;
  if (e->kind == KNOWN_FOLDER && !same)
    w->gone = e;
  else if (look.kind == FOLDER_FILE)
    is_file(w, e, &look);
  else if (look.kind == FOLDER_FOLDER && !is_left_out(w, e, look.stamp))
    is_folder(w, e, look.stamp);
  else
    is_nothing(w, e);
}

/* -- a folder that is gone, one name at a time -- */

static void go_on_deleting(struct file_watch *w)
{
  struct known *e = w->gone;
  while (e->first)
    e = e->first;
  if (e->watch && w->news)
    folder_watch_remove(w->news, e->watch);
  if (e == w->at)
    leave(w);
  if (e != w->gone) {
    is_nothing(w, e);
    return;
  }
  known_watch(w->known, e, 0);
  e->kind = KNOWN_NOTHING;
  e->stamp = 0;
  w->gone = NULL;
  known_dequeue(w->known, e);
  (void)known_queue(w->known, e, QUEUE_NAMES); /* what is there instead? */
}

/* -- reading a folder -- */

static void begin_reading(struct file_watch *w, struct known *folder)
{
  known_dequeue(w->known, folder);
  int fd = open_known(w, folder);
  bool other = fd >= 0 && folder->in && folder_look(fd, NULL, 0).stamp != folder->stamp;
  if (fd >= 0 && !other)
    watch_folder(w, folder, fd);
  else if (folder->in)
    (void)known_queue(w->known, folder, QUEUE_NAMES);
  if (other)
    close(fd);
  w->open = fd < 0 || other ? NULL : folder_read_open(fd);
  if (!w->open)
    return;
  w->read = folder;
  w->reading++;
}

static void go_on_reading(struct file_watch *w)
{
  const char *name = w->open ? folder_read_next(w->open) : NULL;
  if (name) {
    struct known *e = name_in(w, w->read, name);
    if (!e)
      return;
    e->seen = w->reading;
    look_at(w, e);
  } else if (w->open) {
    folder_read_close(w->open);
    w->open = NULL;
    w->unseen = w->read->first;
  } else if (w->unseen) {
    struct known *e = w->unseen;
    w->unseen = e->after;
    if (e->seen != w->reading && e->kind != KNOWN_NOTHING)
      look_at(w, e);
  } else {
    w->read = NULL;
  }
}

static void read_all(struct file_watch *w)
{
  w->all = true;
  w->lost = false;
  w->scanned_ms = clock_ticks_ms();
  (void)known_queue(w->known, known_root(w->known), QUEUE_FOLDERS);
}

static bool is_time_for_all(const struct file_watch *w)
{
  return w->lost &&
         (w->ending || clock_ticks_ms() - w->scanned_ms >= LIMIT_FILES_RESCAN_MS);
}

/* -- turns -- */

/* One piece; false: there is none. */
static bool work(struct file_watch *w)
{
  struct known *folder = known_next(w->known, QUEUE_FOLDERS);
  struct known *name = known_next(w->known, QUEUE_NAMES);
  if (w->gone) {
    go_on_deleting(w);
  } else if (w->read) {
    go_on_reading(w);
  } else if (folder) {
    begin_reading(w, folder);
  } else if (w->first || w->all) {
    w->first = w->all = false;
  } else if (is_time_for_all(w)) {
    w->counts.rescans++;
    read_all(w);
  } else if (name) {
    look_at(w, name);
  } else {
    return false;
  }
  return true;
}

/* False: nothing is left to do, or to be told now. */
static bool work_for_a_turn(struct file_watch *w)
{
  unsigned long long until = clock_ticks_ms() + LIMIT_FILES_TURN_MS;
  bool more = true;
  for (unsigned n = 1; more && (n % WORK_A_LOOK || clock_ticks_ms() < until); n++)
    more = (w->first || w->calls->may_tell(w->who)) && work(w);
  leave(w);
  return more;
}

static bool has_room(const struct file_watch *w)
{
  return known_waiting(w->known) < LIMIT_FILES_WAITING;
}

/* True: there may be more news. */
static bool fetch(struct file_watch *w)
{
  bool more = w->news != NULL;
  while (more && has_room(w))
    more = folder_watch_read(w->news);
  return more;
}

static void wait_for_news(void *who)
{
  struct file_watch *w = who;
  w->starved = !has_room(w);
  if (!w->starved)
    folder_watch_wait(w->news);
}

static void finish(struct file_watch *w)
{
  if (w->finished)
    return;
  w->finished = true;
  loop_timer_stop(w->turn);
  w->calls->on_finished(w->who);
}

static void take_turn(void *who)
{
  struct file_watch *w = who;
  bool news = fetch(w);
  bool more = work_for_a_turn(w);
  bool blocked = !w->calls->may_tell(w->who);
  if (w->starved)
    wait_for_news(w);
  if (blocked && !w->ending)
    return; /* file_watch_go_on() */
  if (more || blocked || (w->ending && news))
    loop_timer_start(w->turn, blocked ? LIMIT_FILES_PACE_MS : 0);
  else if (w->ending)
    finish(w);
  else if (w->lost)
    loop_timer_start(w->turn, LIMIT_FILES_RESCAN_MS);
}

static void news_came(void *who)
{
  struct file_watch *w = who;
  (void)fetch(w);
  loop_timer_start(w->pace, LIMIT_FILES_PACE_MS);
  if (!has_room(w))
    loop_timer_start(w->turn, 0);
  else if (!loop_timer_is_set(w->turn))
    loop_timer_start(w->turn, LIMIT_FILES_GATHER_MS);
}

static void name_came(void *who, int watch, const char *name)
{
  struct file_watch *w = who;
  struct known *folder = known_by_watch(w->known, watch);
  struct known *e = folder ? name_in(w, folder, name) : NULL;
  if (e && !known_queue(w->known, e, QUEUE_NAMES))
    w->counts.folded++;
}

static void news_were_lost(void *who)
{
  ((struct file_watch *)who)->lost = true;
}

static void time_is_over(void *who)
{
  struct file_watch *w = who;
  bool told = w->finished;
  warn_once(w, &told, "sandbox-files-cut",
            "not all changed files were told before the run's end");
  finish(w);
}

/* -- the calls -- */

struct file_watch *file_watch_open(const struct file_watch_setup *setup,
                                   const struct file_watch_calls *calls, void *who)
{
  static const struct folder_watch_calls news = {news_came, name_came, news_were_lost};
  struct file_watch *w = mem_new(sizeof *w);
  struct fault ignored = {0}; /* watch_folder() says it */
  *w = (struct file_watch){.set = *setup, .calls = calls, .who = who, .at_fd = -1};
  w->root_fd = open(setup->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int own = setup->own ? open(setup->own, O_PATH | O_CLOEXEC) : -1;
  w->own_stamp = own < 0 ? 0 : folder_look(own, NULL, 0).stamp;
  if (own >= 0)
    close(own);
  w->known = known_files_new(LIMIT_FILES_BYTES);
  w->news = folder_watch_open(setup->loop, &news, w, &ignored);
  w->turn = loop_timer_new(setup->loop, take_turn, w);
  w->pace = loop_timer_new(setup->loop, wait_for_news, w);
  w->end = loop_timer_new(setup->loop, time_is_over, w);
  w->since = folder_now();
  w->first = true;
  read_all(w);
  take_turn(w);
  if (w->news)
    folder_watch_wait(w->news);
  return w;
}

void file_watch_go_on(struct file_watch *w)
{
  if (w && !w->finished)
    loop_timer_start(w->turn, 0);
}

void file_watch_finish(struct file_watch *w, unsigned most_ms)
{
  w->ending = true;
  w->lost = w->lost || w->unwatched;
  loop_timer_start(w->turn, 0);
  loop_timer_start(w->end, most_ms);
}

struct file_watch_counts file_watch_counts(const struct file_watch *w)
{
  return w->counts;
}

void file_watch_close(struct file_watch *w)
{
  if (!w)
    return;
  folder_watch_close(w->news);
  loop_timer_free(w->turn);
  loop_timer_free(w->pace);
  loop_timer_free(w->end);
  folder_read_close(w->open);
  leave(w);
  if (w->root_fd >= 0)
    close(w->root_fd);
  known_files_free(w->known);
  free(w);
}
