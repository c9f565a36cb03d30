/* SPDX-License-Identifier: MIT */
/* preview.c - one more system prompt. */
#include "preview.h"

#include "base/limits.h"

#include <stdio.h>
#include <string.h>

/* 3000 is taken by the control server of Cloudflare's sandboxes. */
static const char guidance[] =
    "To show a running web app, start its dev server in the background, detached from "
    "your shell, so that it lives on when you are done (for example `nohup npm run dev "
    "-- --host 0.0.0.0 --port 5173 >dev.log 2>&1 &`). It must listen on 0.0.0.0, not on "
    "localhost, and not on port 3000%s. Wait until it answers, then call the tool "
    "exposePreview with its port.";

void preview_guide(struct run_request *req, unsigned own_port)
{
  char port[32] = "";
  struct spans *prompts = &req->system_prompts;
  if (!tools_find(req->tools, SPAN_LITERAL("exposePreview")))
    return;
  if (own_port > 0 && own_port != 3000)
    snprintf(port, sizeof port, " or %u", own_port);
  size_t room = sizeof guidance + sizeof port;
  char *text = arena_new(req->joined, room);
  struct span *all = arena_new(req->joined, (prompts->count + 1) * sizeof *all);
  snprintf(text, room, guidance, port);
  if (prompts->count > 0)
    memcpy(all, prompts->at, prompts->count * sizeof *all);
  all[prompts->count] = span_of(text);
  *prompts = (struct spans){all, prompts->count + 1};
}
