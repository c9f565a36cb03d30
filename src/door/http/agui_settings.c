/* SPDX-License-Identifier: MIT */
/* agui_settings.c - three small files.  */
#include "door/http/agui_settings.h"

#include "base/limits.h"
#include "base/log.h"
#include "door/token.h"
#include "event/formats.h"
#include "io/files.h"

/* No file: nothing. */
static int read_json(const char *option, const char *file, enum json_kind kind,
                     struct buf *out, struct fault *f)
{
  static const struct json_rules rules = {.unique_keys = true};
  if (!file)
    return 0;
  if (files_read(file, LIMIT_BODY_BYTES, out, f) < 0)
    return fault_prefix(f, "%s", option);
  struct json *doc = json_parse(buf_span(out), &rules, f);
  bool good = doc && json_kind(json_root(doc)) == kind;
  if (doc && !good)
    fault_set(f, FAULT_BAD_INPUT, "%s must hold %s of JSON", file,
              kind == JSON_ARRAY ? "an array" : "an object");
  json_free(doc);
  return good ? 0 : fault_prefix(f, "%s", option);
}

static int read_token(const char *file, struct buf *token, struct fault *f)
{
  struct buf text;
  if (!file)
    return 0;
  if (files_read(file, 4 * KIB, &text, f) < 0)
    return fault_prefix(f, "--agui-tool-token-file");
  token_warn_of_readers("--agui-tool-token-file", file);
  buf_reserve(token, text.len + 1);
  buf_add(token, span_trim(buf_span(&text)));
  buf_wipe(&text);
  log_hide(buf_span(token));
  return 0;
}

static int try_them(const struct agui_settings *s, struct fault *f)
{
  static const char nobody[] = "{\"runId\":\"r\",\"threadId\":\"t\",\"messages\":"
                               "[{\"role\":\"user\",\"content\":\"hello\"}]}";
  const struct request_rules rules = {.is_harness = run_is_harness,
                                      .event_format_name = formats_wire_name};
  struct agui_input in;
  struct buf text = buf_make(KIB);
  buf_add_text(&text, nobody);
  struct run_request *req =
      agui_input_read(&text, &in, f) < 0
          ? NULL
          : agui_request_make(&in, &s->setup, (struct span){0}, &rules, f);
  int failed = req ? 0 : fault_prefix(f, "--agui-harness or --agui-defaults");
  run_request_free(req);
  agui_input_free(&in);
  return failed;
}

int agui_settings_open(struct agui_settings *s, const struct options *options,
                       struct fault *f)
{
  const struct agui_options *o = &options->serve.agui;
  *s = (struct agui_settings){.on = o->harness || o->defaults,
                              .token = buf_make(4 * KIB + 1)};
  if (!s->on)
    return 0;
  if (read_json("--agui-defaults", o->defaults, JSON_OBJECT, &s->defaults, f) < 0 ||
      read_json("--agui-tools", o->tools, JSON_ARRAY, &s->tools, f) < 0 ||
      read_token(o->tool_token_file, &s->token, f) < 0)
    return -1;
  bool local = options->run.settings.tool_command != NULL;
  if (!local && (o->tool_url || s->tools.len > 0) && !(o->tool_url && s->token.len > 0))
    return fault_set(f, FAULT_BAD_INPUT,
                     "the host's tools of POST /agui need both --agui-tool-url and "
                     "--agui-tool-token-file (or --tool-command)");
  s->setup = (struct agui_setup){.harness = o->harness,
                                 .model = o->model,
                                 .tool_url = local ? NULL : o->tool_url,
                                 .tool_token = buf_span(&s->token),
                                 .tools = span_trim(buf_span(&s->tools)),
                                 .defaults = span_trim(buf_span(&s->defaults)),
                                 .local_tools = local,
                                 .hold_ms = o->hold_ms};
  return try_them(s, f);
}

void agui_settings_close(struct agui_settings *s)
{
  log_unhide(buf_span(&s->token));
  buf_wipe(&s->token);
  buf_free(&s->defaults);
  buf_free(&s->tools);
}
