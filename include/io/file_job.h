/* SPDX-License-Identifier: MIT */
/* file_job.h - work on files that another program shares with us, done in libuv's pool of
 * threads: neither a slow disk nor a folder that somebody has filled holds the loop up.
 *
 *   FILE_PUT     writes `bytes` to "<path>.tmp" and renames that: who looks sees the
 *                whole file or none
 *   FILE_TAKE    reads the plain file into `bytes` and removes it; `found` says whether
 *                there was one.  FAULT_TOO_BIG above `ceiling`; no plain file, or one
 *                that changes meanwhile, is FAULT_BAD_INPUT.  It is removed in each case
 *   FILE_REMOVE  the file; that there is none is fine
 *   FILE_COUNT   how many plain files of the folder end in ".json"; with `most` or more
 *                of them those are removed that nobody touched for `stale_ms`, and it is
 *                counted again
 *
 * No link is followed at the end of a path.  The buffers of a job are charged to no
 * budget (base/budget.h), which is the loop's alone.  */
#ifndef IO_FILE_JOB_H
#define IO_FILE_JOB_H

#include "base/buf.h"
#include "base/fault.h"

struct uv_loop_s;

enum file_job_kind { FILE_PUT, FILE_TAKE, FILE_REMOVE, FILE_COUNT };

struct file_job {
  enum file_job_kind kind;
  struct buf path;
  struct buf bytes;                  /* of FILE_PUT, FILE_TAKE */
  size_t ceiling;                    /* of FILE_TAKE */
  bool secret;                       /* of FILE_PUT: only this user may read it */
  unsigned long long most, stale_ms; /* of FILE_COUNT */
  /* The answer: */
  bool found;
  unsigned long long count;
  struct fault fault; /* kind 0: it went well */
};

/* Takes `job` with its buffers.  `done` comes once, from the loop, and lends the job: who
 * wants `bytes` takes them.  It cannot be called off, and keeps the loop running. */
void file_job_start(struct uv_loop_s *loop, struct file_job *job,
                    void (*done)(void *who, struct file_job *job), void *who);
/* The same here and now; the buffers stay the caller's.  0, or -1 and the fault. */
int file_job_run(struct file_job *job);
void file_job_free(struct file_job *job);

#endif
