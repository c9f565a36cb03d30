/* SPDX-License-Identifier: MIT */
/* A request is taken apart here, and put together by request_read.c. */
#include "request/run_request.h"

#include <stdlib.h>

int run_request_add_tools(struct run_request *r, struct buf *list, struct buf *left_out,
                          struct fault *f)
{
  static const char *const raw[] = {"inputSchema", "outputSchema", "annotations", NULL};
  static const struct json_rules rules = {.raw = raw};
  r->listed = buf_take(list);
  r->listed_doc = json_parse(buf_span(&r->listed), &rules, f);
  if (!r->listed_doc)
    return -1;
  return tools_add(r->tools, r->listed_doc, json_root(r->listed_doc), left_out, f);
}

void run_request_free(struct run_request *r)
{
  if (!r)
    return;
  tools_free(r->tools);
  json_free(r->listed_doc);
  buf_free(&r->listed);
  json_free(r->doc);
  arena_wipe(r->joined);
  arena_give(r->joined);
  buf_wipe(&r->text);
  buf_wipe(&r->door_text);
  buf_free(&r->trace_text);
  free(r);
}
