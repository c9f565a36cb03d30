/* SPDX-License-Identifier: MIT */
/* message_post.c - the body is read before anything is looked up: a bad one is told as
 * such, whatever it was for.  */
#include "door/http/message_post.h"

#include "base/ids.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "door/http/answer.h"
#include "door/http/runs_door.h"
#include "http/http_server.h"
#include "request/message_read.h"

static void confirm(struct http_exchange *x, const struct user_message *m)
{
  struct buf text = buf_make(LIMIT_BODY_BYTES);
  struct json_writer w = json_write_to(&text);
  json_open(&w, NULL, '{');
  json_put_text(&w, "messageId", buf_span(&m->id));
  json_close(&w, '}');
  answer_text(x, 202, "application/json", buf_span(&text));
  buf_free(&text);
}

static int name(struct user_message *m, struct fault *f)
{
  char fresh[37];
  if (m->id.len > 0)
    return 0;
  if (ids_uuid(fresh, f) < 0)
    return -1;
  buf_add_text(&m->id, fresh);
  return 0;
}

void message_post_answer(struct runs_door *d, struct http_exchange *x,
                         const struct route_target *target)
{
  struct buf body = http_exchange_body(x);
  struct user_message m;
  struct fault f = {0};
  struct record *r = NULL;
  if (message_read(buf_span(&body), &m, &f) < 0 || name(&m, &f) < 0)
    answer_fault(x, &f);
  else if ((r = runs_door_find(d, x, target))) {
    enum run_when when = m.next ? RUN_NEXT : RUN_NOW;
    if (record_message(r, buf_span(&m.id), buf_span(&m.text), when, &f) < 0)
      answer_fault(x, &f);
    else
      confirm(x, &m);
  }
  buf_free(&body);
  user_message_free(&m);
}
