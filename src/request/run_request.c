/* SPDX-License-Identifier: MIT */
/* A request is taken apart here, and put together by request_read.c. */
#include "request/run_request.h"

#include <stdlib.h>

void run_request_free(struct run_request *r)
{
  if (!r)
    return;
  tools_free(r->tools);
  json_free(r->doc);
  arena_wipe(r->joined);
  arena_give(r->joined);
  buf_wipe(&r->text);
  buf_wipe(&r->door_text);
  free(r);
}
