/* SPDX-License-Identifier: MIT */
/* runs.h - the runs of a process: how many, by id, by folder; their common end.
 *
 * Refused are: more than the maximum (FAULT_BUSY), a run id that runs already, an agent's
 * session that another run resumes and a workspace folder in use (FAULT_CONFLICT), and
 * any run once the shutdown has begun (FAULT_BUSY).  */
#ifndef SERVICE_RUNS_H
#define SERVICE_RUNS_H

#include "run/run.h"

struct runs;

struct runs *runs_new(const struct run_settings *settings, unsigned most);
void runs_free(struct runs *all); /* none may be left */
/* Admits and starts.  `req` is taken in every case.  `sink` is made known only on
 * success: `sink_of` is called between admission and start, so that a refusal can still
 * be answered as one. */
struct run *runs_start(struct runs *all, struct run_request *req,
                       struct sink *(*sink_of)(void *who, struct run *r),
                       void (*on_over)(void *who, const struct run_outcome *outcome),
                       void *who, struct fault *f);
/* From now on that is whose on_over it is. */
void runs_hand_over(struct runs *all, const struct run *r, void *who);
size_t runs_count(const struct runs *all);
/* No new ones; ends what runs with `runner-shutdown`; `on_empty` comes once, on this or a
 * later turn, when none is left.  A second call with a shorter grace hastens. */
void runs_shutdown(struct runs *all, unsigned grace_ms, void (*on_empty)(void *who),
                   void *who);

#endif
