/* SPDX-License-Identifier: MIT */
/* run_texts.h - the names of a run as the formats are told them, owned in one piece.  */
#ifndef EVENT_RUN_TEXTS_H
#define EVENT_RUN_TEXTS_H

#include "event/event_format.h"

struct run_texts {
  struct event_run run; /* points into `bytes` */
  struct buf bytes;
};

struct run_texts run_texts_make(struct span run_id, struct span thread_id,
                                struct span model);
void run_texts_free(struct run_texts *t);

#endif
