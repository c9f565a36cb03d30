/* SPDX-License-Identifier: MIT */
/* session_message.h - one message of the host to the process of a session.  Pure.
 *
 * {"type":"stdin","data":<base64>}, {"type":"stdinEnd"}, {"type":"shutdown"}.  Other types
 * mean nothing.  A text that is no such message may be one that is not wholly written
 * yet: the reader looks again.  */
#ifndef DOOR_SESSION_MESSAGE_H
#define DOOR_SESSION_MESSAGE_H

#include "base/buf.h"
#include "base/fault.h"

enum session_message_kind {
  SESSION_OTHER,
  SESSION_STDIN,
  SESSION_STDIN_END,
  SESSION_SHUTDOWN
};

/* The bytes of SESSION_STDIN onto `bytes`.  FAULT_BAD_INPUT, FAULT_TOO_BIG. */
int session_message_read(struct span text, enum session_message_kind *kind,
                         struct buf *bytes, struct fault *f);

#endif
