/* SPDX-License-Identifier: MIT */
/* One function for each group of fields. */
#include "run_options.h"

#include "base/limits.h"
#include "host_bridge_read.h"
#include "policy_read.h"

#include <limits.h>
#include <string.h>

enum { HEARTBEAT_LEAST_MS = 100 };

static int model_options_read(const struct fields *r, json_at root,
                              struct run_request *req)
{
  static const char where[] = "modelOptions.";
  json_at o;
  if (fields_object(r, root, "", "modelOptions", &o) < 0)
    return -1;
  if (fields_argument(r, o, where, "sessionId", &req->session_id) < 0 ||
      fields_argument(r, o, where, "permissionMode", &req->permission_mode) < 0 ||
      fields_argument(r, o, where, "effort", &req->effort) < 0)
    return -1;
  if (fields_whole(r, o, where, "maxTurns", 1, INT_MAX, &req->max_turns) < 0)
    return -1;
  if (fields_texts(r, o, where, "allowedTools", true, &req->allowed_tools) < 0 ||
      fields_texts(r, o, where, "disallowedTools", true, &req->disallowed_tools) < 0)
    return -1;
  return 0;
}

/* Whether it is an archive is asked where it is brought. */
static int session_read(const struct fields *r, json_at root, struct session_request *out)
{
  static const char where[] = "session.import.";
  json_at o;
  if (fields_object(r, root, "", "session", &o) < 0 ||
      fields_bool(r, o, "session.", "export", &out->export) < 0)
    return -1;
  json_at import = fields_get(r, o, "session.", "import");
  if (!fields_given(import))
    return 0;
  if (json_kind(import) != JSON_OBJECT)
    return fields_text(r, o, "session.", "import", &out->archive);
  if (fields_text(r, import, where, "url", &out->url) < 0 ||
      fields_text(r, import, where, "token", &out->token) < 0 ||
      fields_text(r, import, where, "sha256", &out->sha256) < 0)
    return -1;
  bool hash = out->sha256.len == 0 || out->sha256.len == 64;
  for (size_t i = 0; i < out->sha256.len; i++)
    hash = hash && strchr("0123456789abcdefABCDEF", out->sha256.at[i]);
  if (out->url.len > 0 && fields_fits_header(out->token) && hash)
    return 0;
  return fault_set(r->f, FAULT_BAD_INPUT, "run request: session.import.%s",
                   out->url.len == 0 ? "url must be a non-empty string"
                   : hash            ? "token cannot be sent in a header"
                                     : "sha256 must be 64 hexadecimal digits");
}

static int output_schema_read(const struct fields *r, json_at root,
                              struct run_request *req)
{
  json_at schema;
  if (fields_object(r, root, "", "outputSchema", &schema) < 0)
    return -1;
  req->output_schema = json_raw(schema); /* kept raw: it passes through */
  return 0;
}

static int setting_sources_read(const struct fields *r, json_at object, const char *where,
                                struct spans *out)
{
  if (fields_texts(r, object, where, "settingSources", true, out) < 0)
    return -1;
  json_at list = json_get(object, "settingSources"), wrong = NULL;
  if (out->count == 0 && fields_given(list))
    wrong = list;
  for (size_t i = 0; !wrong && i < out->count; i++)
    if (!span_is(out->at[i], "user") && !span_is(out->at[i], "project") &&
        !span_is(out->at[i], "local"))
      wrong = json_item(list, i);
  return wrong ? fields_wrong(r, wrong, "", where, "settingSources",
                              "an array of \"user\", \"project\" and \"local\"")
               : 0;
}

static int config_read(const struct fields *r, json_at object, const char *where,
                       struct harness_options *out)
{
  json_at o;
  if (fields_object(r, object, where, "config", &o) < 0)
    return -1;
  size_t count = json_count(o);
  if (count > LIMIT_CONFIG_ENTRIES)
    return fault_set(r->f, FAULT_BAD_INPUT,
                     "run request: %sconfig holds more than %d entries", where,
                     LIMIT_CONFIG_ENTRIES);
  out->config = arena_new(r->arena, count * sizeof *out->config);
  for (json_at v = json_first(o); v; v = json_next(v)) {
    bool on = json_kind(v) == JSON_TRUE, is_bool = on || json_kind(v) == JSON_FALSE;
    if (json_kind(v) != JSON_STRING && !is_bool)
      return fault_set(r->f, FAULT_BAD_INPUT,
                       "run request: %sconfig.%.*s must be a string or a boolean", where,
                       SPAN_ARG(span_cut_utf8(json_key(v), 100)));
    out->config[out->config_count++] = (struct config_entry){
        json_key(v), json_text(r->doc, v, (struct span){"", 0}), is_bool, on};
  }
  return 0;
}

static int harness_options_read(const struct fields *r, json_at root,
                                struct harness_options *out)
{
  static const char where[] = "harnessOptions.";
  json_at o;
  if (fields_object(r, root, "", "harnessOptions", &o) < 0 ||
      fields_texts(r, o, where, "command", false, &out->command) < 0 ||
      setting_sources_read(r, o, where, &out->setting_sources) < 0 ||
      config_read(r, o, where, out) < 0 ||
      fields_bool(r, o, where, "promptCommands", &out->prompt_commands) < 0)
    return -1;
  const struct {
    const char *name;
    struct span *value;
  } rows[] = {{"output", &out->output},
              {"protocol", &out->protocol},
              {"mode", &out->mode},
              {"agent", &out->agent},
              {"authMethod", &out->auth_method},
              {"sandbox", &out->sandbox}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (fields_argument(r, o, where, rows[i].name, rows[i].value) < 0)
      return -1;
  }
  return 0;
}

static int timeouts_read(const struct fields *r, json_at root, struct run_deadlines *d)
{
  const struct {
    const char *name;
    unsigned least, *value;
  } rows[] = {
      {"runMs", 1, &d->run_ms},
      {"startMs", 1, &d->start_ms},
      {"idleMs", 0, &d->idle_ms},
      {"toolMs", 1, &d->tool_ms},
      {"killGraceMs", 1, &d->kill_grace_ms},
      {"drainMs", 1, &d->drain_ms},
      {"backgroundMs", 0, &d->background_ms},
      {"setupMs", 1, &d->setup_ms},
      {"approvalMs", 0, &d->approval_ms},
  };
  json_at o;
  if (fields_object(r, root, "", "timeouts", &o) < 0)
    return -1;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (fields_whole(r, o, "timeouts.", rows[i].name, rows[i].least, INT_MAX,
                     rows[i].value) < 0)
      return -1;
  }
  d->has_idle = fields_given(json_get(o, "idleMs"));
  d->has_approval = fields_given(json_get(o, "approvalMs"));
  d->has_background = fields_given(json_get(o, "backgroundMs"));
  return 0;
}

static int env_read(const struct fields *r, json_at root, struct run_request *req)
{
  json_at o;
  if (fields_object(r, root, "", "env", &o) < 0)
    return -1;
  size_t count = json_count(o);
  if (count > LIMIT_ENV_ENTRIES)
    return fault_set(r->f, FAULT_BAD_INPUT, "run request: env holds more than %d entries",
                     LIMIT_ENV_ENTRIES);
  req->env = arena_new(r->arena, count * sizeof *req->env);
  for (json_at v = json_first(o); v; v = json_next(v)) {
    struct span name = json_key(v), value = json_text(r->doc, v, (struct span){"", 0});
    int shown = (int)(name.len < 100 ? name.len : 100);
    if (!fields_env_name_good(name))
      return fault_set(r->f, FAULT_BAD_INPUT,
                       "run request: env: \"%.*s\" cannot be set (no '=', not empty, not "
                       "RUNLET_...)",
                       shown, name.at);
    if (json_kind(v) != JSON_STRING || memchr(value.at, 0, value.len))
      return fault_set(r->f, FAULT_BAD_INPUT,
                       "run request: env.%.*s must be a string without NUL characters",
                       shown, name.at);
    req->env[req->env_count++] = (struct env_entry){name, value};
  }
  return 0;
}

/* The index-th name that eventFormat may be; NULL past the last. */
static const char *format_name(const struct fields *r, size_t index)
{
  return r->event_format_name ? r->event_format_name(index) : NULL;
}

static int event_format_read(const struct fields *r, json_at root, struct span *out)
{
  const char *known = NULL;
  if (fields_text(r, root, "", "eventFormat", out) < 0)
    return -1;
  for (size_t i = 0; out->len > 0 && (known = format_name(r, i)); i++)
    if (span_is(*out, known))
      break;
  if (known || out->len == 0)
    return 0;
  struct buf names = buf_make(KIB);
  for (size_t i = 0; (known = format_name(r, i)); i++)
    buf_addf(&names, "%s\"%s\"", i ? " or " : "", known);
  (void)fields_wrong(r, json_get(root, "eventFormat"), "", "", "eventFormat",
                     buf_cstring(&names));
  buf_free(&names);
  return -1;
}

static int stream_read(const struct fields *r, json_at root, struct run_request *req)
{
  unsigned chunk = 0;
  if (event_format_read(r, root, &req->event_format) < 0)
    return -1;
  if (fields_whole(r, root, "", "maxChunkBytes", (unsigned)LIMIT_CHUNK_MIN_BYTES, INT_MAX,
                   &chunk) < 0)
    return -1;
  req->max_chunk_bytes = chunk;
  if (fields_choice(r, root, "leftovers", "keep", "kill", &req->kill_leftovers) < 0 ||
      fields_choice(r, root, "onDisconnect", "cancel", "detach", &req->detach) < 0)
    return -1;
  req->heartbeat_ms = UINT_MAX;
  if (fields_whole(r, root, "", "heartbeatMs", 0, INT_MAX, &req->heartbeat_ms) < 0)
    return -1;
  if (req->heartbeat_ms > 0 && req->heartbeat_ms < HEARTBEAT_LEAST_MS)
    return fault_set(r->f, FAULT_BAD_INPUT,
                     "run request: heartbeatMs must be 0 or at least %d",
                     HEARTBEAT_LEAST_MS);
  return 0;
}

/* As TanStack's sandboxes have it: a boolean, or {"diff"}. */
static int file_events_read(const struct fields *r, json_at root, struct run_request *req)
{
  bool on = true;
  json_at v = fields_get(r, root, "", "fileEvents");
  if (json_kind(v) == JSON_OBJECT)
    return fields_unbuilt(r, v, "fileEvents.", "diff");
  if (fields_bool(r, root, "", "fileEvents", &on) < 0)
    return -1;
  req->no_file_events = !on;
  return 0;
}

/* Before those that the messages brought. */
static int system_prompts_read(const struct fields *r, json_at root,
                               struct run_request *req)
{
  struct spans given = {0}, said = req->system_prompts;
  if (fields_texts(r, root, "", "systemPrompts", false, &given) < 0)
    return -1;
  struct span *all = arena_new(r->arena, (given.count + said.count) * sizeof *all);
  if (given.count > 0)
    memcpy(all, given.at, given.count * sizeof *all);
  if (said.count > 0)
    memcpy(all + given.count, said.at, said.count * sizeof *all);
  req->system_prompts = (struct spans){all, given.count + said.count};
  return 0;
}

static int budget_read(const struct fields *r, json_at root, struct run_budget *out)
{
  json_at v = fields_get(r, root, "", "budget");
  return fields_given(v) ? run_budget_parse(json_raw(v), "budget.", out, r->f) : 0;
}

int run_options_read(const struct fields *r, json_at root, struct run_request *req)
{
  if (system_prompts_read(r, root, req) < 0)
    return -1;
  if (model_options_read(r, root, req) < 0 || session_read(r, root, &req->session) < 0 ||
      output_schema_read(r, root, req) < 0 ||
      harness_options_read(r, root, &req->harness_options) < 0 ||
      timeouts_read(r, root, &req->deadlines) < 0 ||
      budget_read(r, root, &req->budget) < 0)
    return -1;
  if (policy_read(r, root, req) < 0 || env_read(r, root, req) < 0 ||
      stream_read(r, root, req) < 0 || file_events_read(r, root, req) < 0 ||
      host_bridge_read(r, root, req) < 0)
    return -1;
  return 0;
}
