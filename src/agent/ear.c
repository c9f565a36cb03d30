/* SPDX-License-Identifier: MIT */
#include "agent/ear.h"

#include "base/limits.h"

struct outbox outbox_make(void)
{
  return (struct outbox){.input = buf_make(LIMIT_PROMPT_BYTES)};
}

void outbox_free(struct outbox *o)
{
  buf_free(&o->input);
  o->hang_up = false;
}

void ear_write(struct ear *e, struct span bytes)
{
  buf_add(&e->outbox->input, bytes);
}

void ear_hang_up(struct ear *e)
{
  e->outbox->hang_up = true;
}
