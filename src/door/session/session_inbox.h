/* SPDX-License-Identifier: MIT */
/* session_inbox.h - the host's messages to a process session: files of <session>/stdin,
 * taken in strict order (session_order.h).
 *
 * Both folders are latched: whoever can write beside them may put others in their place,
 * and those are not the host's.  */
#ifndef DOOR_SESSION_INBOX_H
#define DOOR_SESSION_INBOX_H

#include "io/latched_folder.h"
#include "session_message.h"
#include "session_order.h"

struct session_inbox {
  struct latched_folder session, folder;
  struct session_order order;
};

/* FAULT_FORBIDDEN: one of them is a link, or is not to be trusted.  Close it in each
 * case. */
int session_inbox_open(struct session_inbox *in, const char *path, unsigned retries,
                       struct fault *f);
void session_inbox_close(struct session_inbox *in);
/* -1: a folder is not the one that was opened. */
int session_inbox_check(const struct session_inbox *in, struct fault *f);

enum session_inbox_news {
  INBOX_NOTHING, /* not yet: look again later */
  INBOX_MESSAGE, /* the bytes of SESSION_STDIN are in `bytes`, which the caller frees */
  INBOX_LOST     /* `f` says what; it goes on behind it */
};
enum session_inbox_news session_inbox_next(struct session_inbox *in,
                                           enum session_message_kind *kind,
                                           struct buf *bytes, struct fault *f);

#endif
