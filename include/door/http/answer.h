/* SPDX-License-Identifier: MIT */
/* answer.h - whole answers of the control port.  */
#ifndef DOOR_ANSWER_H
#define DOOR_ANSWER_H

#include "base/buf.h"
#include "base/fault.h"

struct http_exchange;

/* 409 and 503 say Retry-After, 401 how to authenticate.  `type` NULL: none. */
void answer_text(struct http_exchange *x, int status, const char *type, struct span text);
/* The fault's status, its text as one line of text/plain. */
void answer_fault(struct http_exchange *x, const struct fault *f);

#endif
