/* SPDX-License-Identifier: MIT */
/* file_job.c - one job is plain blocking calls in one thread of the pool; nothing is
 * shared with the loop but the job itself, which changes hands.  */
#include "io/file_job.h"

#include "base/limits.h"
#include "base/mem.h"
#include "io/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

/* -- put -- */

static int put(struct file_job *job)
{
  struct buf part = buf_make(LIMIT_PATH_BYTES);
  buf_addf(&part, "%s.tmp", buf_cstring(&job->path));
  const int how = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
  int fd = open(buf_cstring(&part), how, job->secret ? 0600 : 0644);
  int error = fd < 0 ? -errno : files_write_all(fd, buf_span(&job->bytes));
  if (fd >= 0 && close(fd) < 0 && error == 0)
    error = -errno;
  if (error == 0 && rename(part.at, job->path.at) < 0)
    error = -errno;
  if (error < 0 && fd >= 0)
    (void)unlink(part.at);
  buf_free(&part);
  return error < 0 ? fault_system(&job->fault, error, "cannot write %s",
                                  buf_cstring(&job->path))
                   : 0;
}

/* -- take -- */

static int read_whole(struct file_job *job, int fd)
{
  struct stat s;
  if (fstat(fd, &s) < 0)
    return fault_system(&job->fault, -errno, "cannot look at %s", job->path.at);
  if (!S_ISREG(s.st_mode))
    return fault_set(&job->fault, FAULT_BAD_INPUT, "%s is no plain file", job->path.at);
  if (s.st_size < 0 || (unsigned long long)s.st_size > job->ceiling)
    return fault_set(&job->fault, FAULT_TOO_BIG, "%s has more than %zu bytes",
                     job->path.at, job->ceiling);
  size_t size = (size_t)s.st_size;
  job->bytes = buf_make(size + 1);
  char *at = buf_reserve(&job->bytes, size + 1); /* one more: has it grown? */
  for (ssize_t n = 1; n != 0 && job->bytes.len <= size;) {
    n = read(fd, at + job->bytes.len, size + 1 - job->bytes.len);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return fault_system(&job->fault, -errno, "cannot read %s", job->path.at);
    buf_grew(&job->bytes, (size_t)n);
  }
  if (job->bytes.len != size)
    return fault_set(&job->fault, FAULT_BAD_INPUT, "%s changed while it was read",
                     job->path.at);
  return 0;
}

static int take(struct file_job *job)
{
  const char *path = buf_cstring(&job->path);
  int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT)
    return 0;
  job->found = true;
  int failed = fd < 0 ? fault_system(&job->fault, -errno, "cannot open %s", path)
                      : read_whole(job, fd);
  if (fd >= 0)
    (void)close(fd); /* only read from */
  (void)unlink(path);
  return failed;
}

/* -- remove, count -- */

static int remove_file(struct file_job *job)
{
  if (unlink(buf_cstring(&job->path)) < 0 && errno != ENOENT)
    return fault_system(&job->fault, -errno, "cannot remove %s", job->path.at);
  return 0;
}

static bool is_message(int folder, const struct dirent *entry, struct stat *s)
{
  size_t len = strlen(entry->d_name);
  return len > 5 && !strcmp(entry->d_name + len - 5, ".json") &&
         fstatat(folder, entry->d_name, s, AT_SYMLINK_NOFOLLOW) == 0 &&
         S_ISREG(s->st_mode);
}

/* How many there are; with `stale_ms` those of that age go. */
static unsigned long long count_files(DIR *folder, const unsigned long long *stale_ms)
{
  struct timespec now;
  struct stat s;
  unsigned long long count = 0;
  (void)clock_gettime(CLOCK_REALTIME, &now); /* as files are stamped */
  rewinddir(folder);
  for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (!is_message(dirfd(folder), entry, &s))
      continue;
    long long age_ms = (now.tv_sec - s.st_mtim.tv_sec) * 1000ll +
                       (now.tv_nsec - s.st_mtim.tv_nsec) / 1000000;
    bool stale = stale_ms && age_ms > 0 && (unsigned long long)age_ms > *stale_ms;
    if (!stale || unlinkat(dirfd(folder), entry->d_name, 0) < 0)
      count++;
  }
  return count;
}

static int count(struct file_job *job)
{
  DIR *folder = opendir(buf_cstring(&job->path));
  if (!folder)
    return fault_system(&job->fault, -errno, "cannot read %s", job->path.at);
  job->count = count_files(folder, NULL);
  if (job->count >= job->most)
    job->count = count_files(folder, &job->stale_ms);
  (void)closedir(folder); /* only read from */
  return 0;
}

/* -- here, and in the pool -- */

int file_job_run(struct file_job *job)
{
  static int (*const work[])(struct file_job * job) = {[FILE_PUT] = put,
                                                       [FILE_TAKE] = take,
                                                       [FILE_REMOVE] = remove_file,
                                                       [FILE_COUNT] = count};
  return work[job->kind](job);
}

void file_job_free(struct file_job *job)
{
  buf_free(&job->path);
  buf_wipe(&job->bytes);
}

struct task {
  uv_work_t work;
  struct file_job job;
  void (*done)(void *who, struct file_job *job);
  void *who;
};

static void in_the_pool(uv_work_t *work)
{
  struct task *t = work->data;
  (void)file_job_run(&t->job); /* its fault says it */
}

static void back_in_the_loop(uv_work_t *work, int status)
{
  struct task *t = work->data;
  if (status < 0) /* nobody calls it off */
    fault_system(&t->job.fault, status, "no thread for %s", buf_cstring(&t->job.path));
  t->done(t->who, &t->job);
  file_job_free(&t->job);
  free(t);
}

void file_job_start(struct uv_loop_s *loop, struct file_job *job,
                    void (*done)(void *who, struct file_job *job), void *who)
{
  struct task *t = mem_new(sizeof *t);
  *t = (struct task){.job = *job, .done = done, .who = who};
  *job = (struct file_job){0};
  t->work.data = t;
  (void)uv_queue_work(loop, &t->work, in_the_pool, back_in_the_loop); /* cannot fail */
}
