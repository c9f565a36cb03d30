/* SPDX-License-Identifier: MIT */
/* message_read.h - a word to a running agent, as JSON:
 *
 *   {"text":"…","when":"now"|"next","messageId":"…"}
 *
 * `when` is "now" where it is absent.  A messageId is the sender's, so that a message
 * that is sent again is not said again; without one it gets its own.  Other members say
 * nothing.  Pure.  */
#ifndef REQUEST_MESSAGE_READ_H
#define REQUEST_MESSAGE_READ_H

#include "base/buf.h"
#include "base/fault.h"

struct user_message {
  struct buf id, text; /* id empty: none was given */
  bool next;
};

/* FAULT_BAD_INPUT names the member at fault.  user_message_free() in every case. */
int message_read(struct span json, struct user_message *out, struct fault *f);
void user_message_free(struct user_message *m);

#endif
