/* SPDX-License-Identifier: MIT */
/* check_door.c - `runlet check`: what would be in the way of a run here, without one.  No
 * agent is started and no address is called; the state folder is made if it is not there.
 *
 * What ends `runlet run` at its start or refuses its request is found by the same code:
 * the runtime is opened, and the run is made and given up before it begins.  */
#include "base/limits.h"
#include "door/check_report.h"
#include "door/runtime.h"
#include "door/token.h"
#include "event/formats.h"
#include "http/ca_bundle.h"
#include "io/files.h"
#include "io/signals.h"
#include "request/request_read.h"
#include "run/agents_found.h"
#include "run/lean.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check {
  struct runtime runtime;
  struct check_report report;
  struct lean_facts facts;
  bool certificates;
};

__attribute__((format(printf, 4, 5))) static void
add(struct check *c, enum check_state state, const char *name, const char *format, ...)
{
  char text[4096];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  check_report_add(&c->report, state, name, span_of(text));
}

static void lacks(void *who, bool fails, const char *about, const char *text)
{
  add(who, fails ? CHECK_FAILED : CHECK_WARNING, about, "%s", text);
}

static void check_home(struct check *c)
{
  const struct run_settings *s = &c->runtime.settings;
  const char *home = strv_env(s->agent_environment, "HOME");
  struct fault why = {0};
  int failed = s->agent ? agent_user_check(s->agent, home, true, &why)
                        : files_check_folder(home, &why);
  c->facts = lean_look_up(s->agent_environment, !failed);
  add(c, failed ? CHECK_WARNING : CHECK_OK, "HOME", "%s", failed ? why.text : home);
}

static void check_image(struct check *c)
{
  const struct runtime *g = &c->runtime;
  struct buf bundle = buf_make(8 * KIB);
  struct fault why = {0};
  add(c, CHECK_OK, "workspace", "%s", g->settings.workspace);
  add(c, CHECK_OK, "state folder", "%s", g->folders.state.at);
  check_home(c);
  c->certificates = ca_bundle_look_up(g->options->run.ca_file, &bundle, &why) == 0;
  if (c->certificates)
    add(c, CHECK_OK, "certificates", "%s", buf_cstring(&bundle));
  else
    add(c, CHECK_WARNING, "certificates", "%s", why.text);
  buf_free(&bundle);
  if (strv_env(g->settings.agent_environment, "HTTPS_PROXY") ||
      strv_env(g->settings.agent_environment, "https_proxy"))
    add(c, CHECK_WARNING, "proxy",
        "agents get HTTPS_PROXY; runlet's own calls (tools, callbacks) use no proxy");
}

/* No request says which: those that are here count. */
static void check_agents(struct check *c)
{
  const struct strv *env = c->runtime.settings.agent_environment;
  struct buf found = buf_make(64 * KIB), ids = buf_make(4 * KIB);
  agents_found_put(env, true, &found);
  agents_found_put(env, false, &ids);
  bool none = strcmp(buf_cstring(&ids), "none") == 0;
  const char *path = strv_env(env, "PATH");
  if (none)
    add(c, CHECK_FAILED, "agents", "none on PATH (%s)", path ? path : "not set");
  else
    add(c, CHECK_OK, "agents", "%s", buf_cstring(&found));
  for (char *id = strtok(ids.at, ", "); id; id = strtok(NULL, ", "))
    lean_tell(&c->facts, span_of(id), lacks, c);
  buf_free(&found);
  buf_free(&ids);
}

static void check_secrets(struct check *c, const struct run_request *req)
{
  for (size_t i = 0; i < req->secrets.count; i++) {
    char *name = span_copy(req->secrets.at[i]);
    const char *value = strv_env(c->runtime.settings.agent_environment, name);
    bool there = value && value[0];
    add(c, there ? CHECK_OK : CHECK_FAILED, "secret", "%s is%s set", name,
        there ? "" : " not");
    free(name);
  }
}

/* What `run` would do with it. */
static void check_run(struct check *c, struct run_request *req)
{
  struct fault why = {0};
  struct buf version = buf_make(KIB);
  struct run *r = run_new(&c->runtime.settings, req, &why);
  if (!r) {
    add(c, CHECK_FAILED, "run", "would be refused: %s", why.text);
  } else if (run_program(r)[0]) {
    agents_version_put(run_program(r), &version);
    add(c, CHECK_OK, "agent", "%s%s%s", run_program(r),
        version.len > 0 ? ", version " : "", buf_cstring(&version));
  } else {
    add(c, CHECK_OK, "agent", "is looked for when the workspace is filled");
  }
  run_free(r);
  buf_free(&version);
}

static void check_request(struct check *c, struct buf *text)
{
  const struct options *o = c->runtime.options;
  struct request_rules rules = {.is_harness = run_is_harness,
                                .put_harnesses = agents_known_put,
                                .who = &c->runtime.agent_environment,
                                .lenient = true,
                                .run_id = SPAN_LITERAL("check"),
                                .thread_id = SPAN_LITERAL("check"),
                                .local_tools = o->run.settings.tool_command != NULL,
                                .event_format_name = formats_wire_name};
  struct fault why = {0};
  struct run_request *req = run_request_read(text, &rules, &why);
  if (!req) {
    add(c, CHECK_FAILED, "request", "%s", why.text);
    return;
  }
  add(c, CHECK_OK, "request", "harness %.*s, model %.*s, %zu tools",
      SPAN_ARG(span_cut_utf8(req->harness, 100)),
      SPAN_ARG(span_cut_utf8(req->model, 100)), tools_count(req->tools));
  if (req->left_out.len > 0)
    add(c, CHECK_WARNING, "request", "%.*s",
        SPAN_ARG(span_cut_utf8(req->left_out, 2000)));
  if (span_starts(req->tool_url, "https:") && !c->certificates)
    add(c, CHECK_FAILED, "toolExecUrl", "https needs certificates");
  check_secrets(c, req);
  lean_tell(&c->facts, req->harness, lacks, c);
  check_run(c, req);
}

static int read_file(const struct options *o, struct buf *text, struct fault *f)
{
  if (!o->has_file)
    return 0;
  signals_unblock();
  int failed = files_read(o->file, o->run.max_body_bytes, text, f);
  signals_block();
  return failed;
}

static int open_door(const struct options *options, char *const *env, struct fault *f)
{
  struct check c = {0};
  struct buf text = {0};
  struct fault why = {0};
  token_wipe(env);
  log_setup(LOG_ERROR, options->log.format); /* what it would warn of is told below */
  if (read_file(options, &text, f) < 0)
    return -1;
  check_report_open(&c.report, options->run.json);
  if (runtime_open(&c.runtime, options, env, &why) < 0) {
    add(&c, CHECK_FAILED, "image", "%s", why.text);
  } else {
    check_image(&c);
    if (options->has_file)
      check_request(&c, &text);
    else
      check_agents(&c);
  }
  buf_free(&text);
  runtime_close(&c.runtime);
  struct span all = check_report_end(&c.report);
  bool told = fwrite(all.at, 1, all.len, stdout) == all.len && fflush(stdout) == 0;
  bool well = told && !c.report.failed;
  check_report_close(&c.report);
  return well ? 0 : 1;
}

const struct door check_door = {
    .name = "check",
    .arguments = "[FILE|-]",
    .summary =
        "what would be in the way of a run of the request in FILE, or of any here; "
        "starts nothing",
    .exit_status = "0 nothing (warnings are told), 1 something is, 2 usage.",
    .options = OPTIONS_LOG | OPTIONS_AGENT | OPTIONS_RUN | OPTIONS_CHECK,
    .takes_file = true,
    .open = open_door,
};
