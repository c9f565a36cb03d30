/* SPDX-License-Identifier: MIT */
/* session_inbox.c - the next file is asked for by its name; only when it is not there the
 * folder is listed, for a later one means that it is missing.  */
#include "session_inbox.h"

#include "base/limits.h"

#include <stdio.h>
#include <unistd.h>

static int probe(const struct latched_folder *l, unsigned number, struct fault *f)
{
  char name[64];
  snprintf(name, sizeof name, ".paperclip-birthtime-probe-%d-%u", getpid(), number);
  if (latched_folder_probe(l, name, f) == 0)
    return 0;
  return fault_prefix(f, "Refusing to trust the process session control path %s",
                      l->path.at);
}

static int open_folder(struct latched_folder *l, const char *path, struct fault *f)
{
  if (latched_folder_open(l, path, f) == 0)
    return 0;
  if (f->kind == FAULT_FORBIDDEN)
    return fault_set(f, FAULT_FORBIDDEN,
                     "Refusing a symbolic link on a process session control path.");
  return -1;
}

int session_inbox_open(struct session_inbox *in, const char *path, unsigned retries,
                       struct fault *f)
{
  *in = (struct session_inbox){
      .session.fd = -1, .folder.fd = -1, .order = session_order_make(retries)};
  struct buf below = buf_make(LIMIT_PATH_BYTES);
  int failed = open_folder(&in->session, path, f);
  if (!failed) {
    buf_addf(&below, "%s/stdin", in->session.path.at);
    failed = open_folder(&in->folder, buf_cstring(&below), f);
  }
  buf_free(&below);
  if (!failed)
    failed = probe(&in->session, 1, f);
  return failed ? failed : probe(&in->folder, 2, f);
}

void session_inbox_close(struct session_inbox *in)
{
  latched_folder_close(&in->session);
  latched_folder_close(&in->folder);
}

int session_inbox_check(const struct session_inbox *in, struct fault *f)
{
  if (latched_folder_check(&in->session, f) < 0)
    return -1;
  return latched_folder_check(&in->folder, f);
}

struct later {
  unsigned long long after, smallest; /* smallest 0: none yet */
};

static void look(void *who, const char *name)
{
  struct later *l = who;
  unsigned long long number = session_order_number(name);
  if (number > l->after && (l->smallest == 0 || number < l->smallest))
    l->smallest = number;
}

static enum session_inbox_news is_missing(struct session_inbox *in, struct fault *f)
{
  struct later later = {.after = in->order.expected};
  struct fault unheard = {0}; /* a folder that cannot be listed now may be later */
  unsigned long long first = in->order.expected;
  (void)latched_folder_each(&in->folder, look, &later, &unheard);
  if (!session_order_missing(&in->order, later.smallest))
    return INBOX_NOTHING;
  fault_set(f, FAULT_BAD_INPUT,
            "Advanced past missing stdin files %llu to %llu after %u retries.", first,
            later.smallest - 1, in->order.most);
  return INBOX_LOST;
}

static enum session_inbox_news is_unreadable(struct session_inbox *in, const char *name,
                                             struct fault *f)
{
  if (!session_order_unreadable(&in->order))
    return INBOX_NOTHING;
  latched_folder_remove(&in->folder, name);
  fault_prefix(f, "Dropped unreadable stdin file after %u retries: %s", in->order.most,
               name);
  return INBOX_LOST;
}

enum session_inbox_news session_inbox_next(struct session_inbox *in,
                                           enum session_message_kind *kind,
                                           struct buf *bytes, struct fault *f)
{
  char name[32];
  bool found = false;
  struct buf text = buf_make(LIMIT_SESSION_MESSAGE_BYTES);
  enum session_inbox_news news = INBOX_MESSAGE;
  session_order_name(in->order.expected, name);
  int failed = latched_folder_read(&in->folder, name, LIMIT_SESSION_MESSAGE_BYTES, &text,
                                   &found, f);
  *bytes = buf_make(text.len);
  if (found && !failed)
    failed = session_message_read(buf_span(&text), kind, bytes, f);
  if (!found)
    news = is_missing(in, f);
  else if (failed)
    news = is_unreadable(in, name, f);
  else
    session_order_took(&in->order);
  if (news == INBOX_MESSAGE)
    latched_folder_remove(&in->folder, name); /* it may stay: it is not read again */
  else
    buf_free(bytes);
  buf_wipe(&text);
  return news;
}
