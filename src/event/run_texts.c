/* SPDX-License-Identifier: MIT */
/* run_texts.c - each text raw and as JSON.  All are added before any is pointed to, as
 * the bytes move when they grow.  */
#include "run_texts.h"

#include "base/json_write.h"
#include "base/limits.h"

struct run_texts run_texts_make(struct span run_id, struct span thread_id,
                                struct span model)
{
  struct run_texts t = {.bytes = buf_make(LIMIT_EVENT_LINE_BYTES)};
  const struct span given[] = {run_id, thread_id, model};
  struct span *const kept[] = {&t.run.run_id,      &t.run.run_json, &t.run.thread_id,
                               &t.run.thread_json, &t.run.model,    &t.run.model_json};
  size_t ends[6];
  for (size_t i = 0; i < 3; i++) {
    buf_add(&t.bytes, given[i]);
    ends[2 * i] = t.bytes.len;
    json_escape(&t.bytes, given[i]);
    ends[2 * i + 1] = t.bytes.len;
  }
  for (size_t i = 0, from = 0; i < 6; from = ends[i++])
    *kept[i] = (struct span){t.bytes.at + from, ends[i] - from};
  return t;
}

void run_texts_free(struct run_texts *t)
{
  buf_free(&t->bytes);
  *t = (struct run_texts){0};
}
