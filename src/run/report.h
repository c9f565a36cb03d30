/* SPDX-License-Identifier: MIT */
/* report.h - what metadata.runlet of the terminal event says about how a run ended.
 * Pure.
 *
 * {"exitCode":0} or {"signal":"SIGKILL"}, "oom", "durationMs", "startupMs" (spawn to
 * first line), "cpuMs", "maxRssKiB", "files":{"told","folded","rescans"} (of
 * sandbox.file, if there were any), "forced", "cancelledBy",
 * "leftovers":[{"pid","name"}], and on errors "stderrTail": at most 4 KiB, without
 * control bytes, known secrets struck out.  What is not known is left out.  */
#ifndef RUN_REPORT_H
#define RUN_REPORT_H

#include "base/buf.h"
#include "base/process.h"

struct report {
  /* NULL: no process was started.  Its stderr_tail went through report_clean(). */
  const struct process_end *end;
  bool failed; /* stderrTail belongs in */
  unsigned long long duration_ms, startup_ms, files_told, files_folded, files_rescans;
  const char *cancelled_by; /* NULL: nobody */
};

/* The members without braces, as events_report() takes them. */
void report_write(const struct report *r, struct buf *members);
/* stderr as it may be shown: valid UTF-8, no control bytes but newline and tab, no ANSI
 * sequences, secrets struck out; the last LIMIT_STDERR_TAIL_BYTES of that. */
void report_clean(struct span stderr_tail, struct buf *out);

#endif
