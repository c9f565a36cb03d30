/* SPDX-License-Identifier: MIT */
/* gemini_plan.c - the command line of Gemini CLI.  Over ACP it is nearly empty; the other
 * protocol needs the prompt, the mode and the session on it or on stdin.  */
#include "gemini_plan.h"

#include "agent/arguments.h"
#include "agent/prompt.h"
#include "agent/structured.h"
#include "base/limits.h"

/* Outside of ACP '/' is a command as the first character alone, and each '@' in front of
 * the name of a file puts that into the request, inside words too. */
static const struct prompt_rules gemini_prompt = {
    .adapter = "Gemini",
    .system_first = true,
    .guard = {.commands = "/", .front = " ", .mentions = MENTIONS_EVERYWHERE}};

/* What it calls the modes of modelOptions.permissionMode. */
static int add_mode(struct strv *argv, struct span mode, struct fault *f)
{
  static const char *const modes[][2] = {{"", "yolo"},
                                         {"bypassPermissions", "yolo"},
                                         {"acceptEdits", "auto_edit"},
                                         {"default", "default"},
                                         {"plan", "plan"}};
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
    if (span_is(mode, modes[i][0])) {
      strv_add(argv, SPAN_LITERAL("--approval-mode"));
      strv_add(argv, span_of(modes[i][1]));
      return 0;
    }
  return fault_set(f, FAULT_BAD_INPUT,
                   "run request: modelOptions.permissionMode must be bypassPermissions, "
                   "acceptEdits, default or plan for harness gemini, not \"%.*s\"",
                   SPAN_ARG(span_cut_utf8(mode, LIMIT_SHOWN_BYTES)));
}

static int add_stream(struct process_plan *out, const struct run_request *req,
                      struct fault *f)
{
  if (prompt_write(req, &gemini_prompt, &out->first_input, f) != 0)
    return -1;
  if (req->output_schema.len > 0)
    structured_ask(req->output_schema, &out->first_input);
  out->input = INPUT_ONCE;
  strv_add(&out->argv, SPAN_LITERAL("--output-format"));
  strv_add(&out->argv, SPAN_LITERAL("stream-json"));
  if (add_mode(&out->argv, req->permission_mode, f) != 0)
    return -1;
  if (req->session_id.len > 0)
    return arguments_add(&out->argv, "--resume", req->session_id,
                         "modelOptions.sessionId", "gemini", f);
  return 0;
}

int gemini_plan(const struct run_request *req, bool bridged, struct process_plan *out,
                struct fault *f)
{
  struct span protocol = req->harness_options.protocol;
  bool acp = protocol.len == 0 || span_is(protocol, "acp");
  if (!acp && !span_is(protocol, "stream-json"))
    return fault_set(
        f, FAULT_BAD_INPUT,
        "run request: harnessOptions.protocol must be acp or stream-json for "
        "harness gemini, not \"%.*s\"",
        SPAN_ARG(span_cut_utf8(protocol, LIMIT_SHOWN_BYTES)));
  if (!acp && (bridged || req->workspace.server_count > 0))
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: harness gemini can be given tools over acp only; "
                     "harnessOptions.protocol says stream-json");
  if (!acp && policy_restricts(&req->policy))
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: harness gemini keeps a policy over acp only; "
                     "harnessOptions.protocol says stream-json");
  strv_add(&out->argv, SPAN_LITERAL("gemini"));
  if (acp)
    strv_add(&out->argv, SPAN_LITERAL("--acp"));
  else if (add_stream(out, req, f) != 0)
    return -1;
  if (req->model.len > 0 && !span_is(req->model, "default") &&
      arguments_add(&out->argv, "--model", req->model, "model", "gemini", f) != 0)
    return -1;
  strv_set_env(&out->env, "GEMINI_CLI_NO_RELAUNCH", SPAN_LITERAL("true"));
  strv_set_env(&out->env, "GEMINI_CLI_TRUST_WORKSPACE", SPAN_LITERAL("true"));
  return 0;
}
