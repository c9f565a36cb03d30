/* SPDX-License-Identifier: MIT */
/* request_read.h - the run request: JSON text in, a checked value out.
 *
 * Wire: the body of POST /run of TanStack AI's in-container runner plus our optional
 * fields (src/reference/request.md).  Checked in the order of TanStack's runner with its
 * texts, the first failure wins: object, runId, threadId, model, toolExecUrl,
 * toolExecToken, messages, harness, workspace, toolDescriptors; then ours: the text
 * says what was given, too.  Unknown members are left out; those of the request itself,
 * modelOptions, harnessOptions, timeouts and session are named in req->left_out.  A field
 * that changes what the run does and is not built yet is refused by name: nothing is
 * silently left out.
 *
 * Member names given twice are refused.  Control characters are refused in runId,
 * threadId, model and the tool fields (they go into headers, argv and paths), NUL
 * wherever a text goes into argv or the environment.  Invalid UTF-8 becomes U+FFFD.  */
#ifndef REQUEST_REQUEST_READ_H
#define REQUEST_REQUEST_READ_H

#include "request/run_request.h"

struct request_rules {
  /* Is this the id of a harness that this program knows?  The table is the agents'. */
  bool (*is_harness)(struct span id);
  /* Puts those that are known onto the text of a refusal; NULL: they are not told. */
  void (*put_harnesses)(const void *who, struct buf *out);
  const void *who;
  /* `runlet run` and POST /run: runId, threadId default to these, model to "default", workspace to
   * {"source":{"type":"none"}}, the tool fields to none; `prompt`: string is taken where
   * `messages` is absent. */
  bool lenient;
  struct span run_id, thread_id;
  bool local_tools; /* --tool-command: toolExecUrl and toolExecToken are not needed */
  /* The index-th name that eventFormat may be, NULL past the last (event/formats.h, which
   * request/ may not see).  NULL: it may be none. */
  const char *(*event_format_name)(size_t index);
};

/* `text` is taken in every case.  NULL: FAULT_BAD_INPUT (or FAULT_TOO_BIG: more than
 * LIMIT_JSON_TREE_BYTES beside long strings and schemas) with a message for the caller.
 * The texts in `rules` are copied. */
struct run_request *run_request_read(struct buf *text, const struct request_rules *rules,
                                     struct fault *f);

#endif
