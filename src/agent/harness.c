/* SPDX-License-Identifier: MIT */
/* harness.c - admission: a request that asks for more than its harness can do is refused
 * before anything starts, and told which field it was.  */
#include "agent/harness.h"

static int refuse(const struct harness *h, const char *field, struct fault *f)
{
  return fault_set(f, FAULT_BAD_INPUT, "run request: %s is not supported by harness %s",
                   field, h->id);
}

int harness_admit(const struct harness *h, const struct run_request *req, struct fault *f)
{
  const struct harness_options *o = &req->harness_options;
  const struct {
    unsigned bit;
    const char *field;
    bool given;
  } rows[] = {
      {TAKES_SESSION, "modelOptions.sessionId", req->session_id.len > 0},
      {TAKES_PERMISSION_MODE, "modelOptions.permissionMode",
       req->permission_mode.len > 0},
      {TAKES_MAX_TURNS, "modelOptions.maxTurns", req->max_turns > 0},
      {TAKES_TOOL_LISTS, "modelOptions.allowedTools", req->allowed_tools.count > 0},
      {TAKES_TOOL_LISTS, "modelOptions.disallowedTools", req->disallowed_tools.count > 0},
      {TAKES_EFFORT, "modelOptions.effort", req->effort.len > 0},
      {TAKES_OUTPUT, "harnessOptions.output", o->output.len > 0},
      {TAKES_PROTOCOL, "harnessOptions.protocol", o->protocol.len > 0},
      {TAKES_MODE, "harnessOptions.mode", o->mode.len > 0},
      {TAKES_AUTH_METHOD, "harnessOptions.authMethod", o->auth_method.len > 0},
      {TAKES_SANDBOX, "harnessOptions.sandbox", o->sandbox.len > 0},
      {TAKES_SETTING_SOURCES, "harnessOptions.settingSources",
       o->setting_sources.count > 0},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
    if (rows[i].given && !(h->takes & rows[i].bit))
      return refuse(h, rows[i].field, f);
  if (req->output_schema.len > 0 && !h->structured)
    return refuse(h, "outputSchema", f);
  if (h->program && o->command.count > 0)
    return refuse(h, "harnessOptions.command", f);
  if (!h->program && (o->command.count == 0 || o->command.at[0].len == 0))
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: harnessOptions.command must name the program harness "
                     "%s runs, as an array of strings",
                     h->id);
  return h->prompt ? prompt_admit(req, h->prompt, f) : 0;
}
