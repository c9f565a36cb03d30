/* SPDX-License-Identifier: MIT */
/* fault.h - the one error value of the program.
 *
 * A function that can fail takes a `struct fault *` as its last argument and returns 0
 * or -1 (constructors: a pointer or NULL).  On success the fault is untouched; on failure
 * it is filled exactly once, at the place that knows why.  Callers above may only prefix
 * context.  The caller owns the storage; nothing is allocated, so nothing is released.
 *
 * This is for our own functions.  What a run reports to the orchestrator is a pair of
 * spans (code, message), see event/event.h.  */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

enum fault_kind {
  FAULT_NONE = 0,
  FAULT_BAD_INPUT, /* the caller sent something malformed: HTTP 400, exit 2 */
  FAULT_DENIED,    /* token missing or wrong: 401 */
  FAULT_FORBIDDEN, /* known but not allowed from here: 403 */
  FAULT_UNKNOWN,   /* no such tool, harness, route: 404 */
  FAULT_CONFLICT,  /* the workspace or the run id is in use: 409 */
  FAULT_TOO_BIG,   /* a stated limit was passed: 413 */
  FAULT_BUSY,      /* as many runs as allowed: 503 */
  FAULT_UPSTREAM,  /* the orchestrator answered badly or not at all */
  FAULT_AGENT,     /* the agent process failed, or spoke nonsense */
  FAULT_TIMEOUT,
  FAULT_CANCELLED,
  FAULT_SYSTEM /* the OS said no; `os` holds the negative errno */
};

struct fault {
  enum fault_kind kind;
  int os;
  char text[480]; /* NUL-ended; cut on a character border when longer */
};

int fault_set(struct fault *f, enum fault_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4))); /* always -1: `return fault_set(f, …)` */
/* "<text>: <strerror(-os)>"; `os` is a negative errno (libuv's form).  Always -1. */
int fault_system(struct fault *f, int os, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts "<text>: " before what is there.  Always -1. */
int fault_prefix(struct fault *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

int fault_http_status(enum fault_kind kind); /* 500 where no other fits */
/* 2 for what was wrong with the request (BAD_INPUT, UNKNOWN, TOO_BIG), 124 for TIMEOUT,
 * 0 for NONE, else 1. */
int fault_exit_code(enum fault_kind kind);

#endif
