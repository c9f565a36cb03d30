/* SPDX-License-Identifier: MIT */
/* workspace_skills.h - the member `workspace.skills` of a request.
 *
 *   {"kind":"file","path","content"}
 *   {"kind":"git","repo","secret"?,"into"?}
 *   {"kind":"mcp","name","config":{"url","headers"?:{name: text or reference}}}
 *   {"kind":"agent-skill","name"}
 *
 * A reference to a secret is {"__secretName":N}, of a header also {"__bearerRef":{
 * "__secretName":N}}; N is one of workspace.secrets.  null among them is nothing, as it
 * is to TanStack's runner.  */
#ifndef REQUEST_WORKSPACE_SKILLS_H
#define REQUEST_WORKSPACE_SKILLS_H

#include "request/run_request.h"
#include "request_fields.h"

/* Fills req->workspace; req->secrets were read before. */
int workspace_skills_read(const struct fields *r, json_at workspace,
                          struct run_request *req);

#endif
