/* SPDX-License-Identifier: MIT */
/* session_command.c - a process gets C strings, so what holds a NUL cannot be meant.  */
#include "session_command.h"

#include "base/base64.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

static bool has_nul(struct span s)
{
  return s.len > 0 && memchr(s.at, 0, s.len) != NULL;
}

/* A text without NUL, or the fault. */
static int text_of(const struct json *doc, json_at v, const char *what, struct span *text,
                   struct fault *f)
{
  *text = json_text(doc, v, (struct span){0});
  if (json_kind(v) == JSON_STRING && !has_nul(*text))
    return 0;
  return fault_set(f, FAULT_BAD_INPUT, "%s must be a text without NUL", what);
}

static int read_args(const struct json *doc, json_at args, struct strv *argv,
                     struct fault *f)
{
  struct span text;
  if (args && json_kind(args) != JSON_ARRAY)
    return fault_set(f, FAULT_BAD_INPUT, "args must be a list of texts");
  for (json_at v = json_first(args); v; v = json_next(v)) {
    if (text_of(doc, v, "each of args", &text, f) < 0)
      return -1;
    strv_add(argv, text);
  }
  return 0;
}

static int read_env(const struct json *doc, json_at env, struct strv *out,
                    struct fault *f)
{
  struct span value;
  if (env && json_kind(env) != JSON_OBJECT)
    return fault_set(f, FAULT_BAD_INPUT, "env must be an object of texts");
  for (json_at v = json_first(env); v; v = json_next(v)) {
    struct span key = json_key(v);
    if (key.len == 0 || memchr(key.at, '=', key.len))
      return fault_set(f, FAULT_BAD_INPUT, "env has a name that is none");
    if (text_of(doc, v, "each of env", &value, f) < 0)
      return -1;
    char *name = span_copy(key);
    strv_set_env(out, name, value);
    free(name);
  }
  return 0;
}

void session_command_make(struct session_command *out)
{
  *out = (struct session_command){.cwd = buf_make(LIMIT_PATH_BYTES)};
}

int session_command_from(const struct json *doc, struct session_command *out,
                         struct fault *f)
{
  json_at root = json_root(doc), cwd = json_get(root, "cwd");
  struct span text = {0};
  if (text_of(doc, json_get(root, "command"), "command", &text, f) < 0)
    return -1;
  if (text.len == 0)
    return fault_set(f, FAULT_BAD_INPUT, "command is empty");
  strv_add(&out->argv, text);
  text = (struct span){0};
  if (cwd && json_kind(cwd) != JSON_NULL && text_of(doc, cwd, "cwd", &text, f) < 0)
    return -1;
  buf_add(&out->cwd, text);
  if (out->cwd.overflowed)
    return fault_set(f, FAULT_TOO_BIG, "cwd is too long");
  if (read_args(doc, json_get(root, "args"), &out->argv, f) < 0)
    return -1;
  return read_env(doc, json_get(root, "env"), &out->env, f);
}

int session_command_read(struct span base64, struct session_command *out, struct fault *f)
{
  const struct json_rules rules = {.secret = true};
  struct buf text = buf_make(base64.len / 4 * 3 + 1);
  session_command_make(out);
  struct json *doc = NULL;
  if (!base64_decode(base64, false, &text) || !utf8_valid(buf_span(&text)))
    (void)fault_set(f, FAULT_BAD_INPUT, "it is no base64 of UTF-8");
  else
    doc = json_parse(buf_span(&text), &rules, f);
  int failed = doc ? session_command_from(doc, out, f) : -1;
  json_free(doc);
  buf_wipe(&text);
  return failed;
}

void session_command_free(struct session_command *c)
{
  strv_free(&c->argv);
  strv_free(&c->env);
  buf_free(&c->cwd);
}
