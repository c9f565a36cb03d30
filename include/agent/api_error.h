/* SPDX-License-Identifier: MIT */
/* api_error.h - the words of an error of a model's API, where an agent passes its JSON on
 * as its own words.
 *
 *   [API Error: {"error":{"code":400,"message":"Bad field.","status":"INVALID_ARGUMENT"}}]
 *   -> Bad field. (400 INVALID_ARGUMENT)
 *
 * Seen in Gemini CLI, in both of its protocols; the inner message may be such a text
 * again.  Pure. */
#ifndef AGENT_API_ERROR_H
#define AGENT_API_ERROR_H

#include "base/buf.h"

/* What is no such text stays as it is. */
void api_error_words(struct span said, struct buf *out);

#endif
