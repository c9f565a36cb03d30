/* SPDX-License-Identifier: MIT */
/* acp_settings.c - the request names a model and a mode in its own words, the agent
 * offers a list in its words.  Where they do not meet, a model is a warning, for the
 * agent has one of its own; a mode that was asked for by name is an error, for it may
 * be the one thing that keeps the agent from writing.  */
#include "acp_settings.h"

#include "acp_messages.h"
#include "base/limits.h"

static const struct span nothing = {0};

/* What can be chosen of one thing. */
struct choice {
  json_at list, option; /* option: the config option; NULL: of `models` or `modes` */
  const char *key;      /* the member of an element that is its value */
  struct span current;
};

struct offer { /* the agent's answers */
  struct json *session, *options;
};

void acp_add_names(const struct json *doc, json_at list, const char *key, struct buf *out)
{
  for (json_at v = json_first(list); v; v = json_next(v)) {
    struct span value = json_member_text(doc, v, key);
    json_at group = value.len == 0 ? json_get(v, "options") : NULL;
    if (group) {
      acp_add_names(doc, group, key, out);
      continue;
    }
    if (out->len > 0 && out->at[out->len - 1] != ' ')
      buf_add_text(out, ", ");
    buf_add(out, value);
  }
}

/* The element of `list` whose member `key` is `value`; NULL: none. */
static json_at element(const struct json *doc, json_at list, const char *key,
                       struct span value)
{
  json_at v = json_first(list);
  while (v && !span_equal(json_member_text(doc, v, key), value))
    v = json_next(v);
  return v;
}

static struct span behind_hash(struct span text)
{
  for (size_t i = text.len; i > 0; i--)
    if (text.at[i - 1] == '#')
      return span_after(text, i);
  return nothing;
}

/* The value that `wanted` names, as the agent has it; empty: it is not offered. */
static struct span value_in(const struct json *doc, json_at list, const char *key,
                            struct span wanted)
{
  struct span found = nothing;
  for (json_at v = json_first(list); v && found.len == 0; v = json_next(v)) {
    json_at group = json_get(v, "options");
    struct span value = json_member_text(doc, v, key);
    if (group)
      found = value_in(doc, group, key, wanted);
    else if (span_equal(value, wanted) ||
             (wanted.len > 0 && span_equal(behind_hash(value), wanted)))
      found = value;
  }
  return found;
}

static struct choice choice_of(const struct json *doc, json_at option)
{
  return (struct choice){.list = json_get(option, "options"),
                         .option = option,
                         .key = "value",
                         .current = json_member_text(doc, option, "currentValue")};
}

static void choose(struct acp *a, enum acp_step step, const struct json *doc,
                   const struct choice *c, struct span value, struct agent_output *output)
{
  const struct config_entry entry = {.text = value};
  acp_say_option(a, step, json_member_text(doc, c->option, "id"), &entry, output);
}

static void warn_not_offered(const char *code, const char *what, struct span wanted,
                             struct buf *names, struct agent_output *output)
{
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_addf(&text, "%s: the agent does not offer \"%.*s\" and works with its own", what,
           SPAN_ARG(wanted));
  if (names->len > 0)
    buf_addf(&text, "; it offers: %s", buf_cstring(names));
  events_warn(output->events, code, buf_span(&text));
  buf_free(&text);
}

/* True: a request has gone out. */
static bool set_model(struct acp *a, const struct offer *o, struct agent_output *output)
{
  struct span wanted = a->req && !a->profile->model_by_option ? a->req->model : nothing;
  json_at models = json_get(json_root(o->session), "models"),
          list = json_get(models, "availableModels");
  if (wanted.len == 0 || span_is(wanted, "default") ||
      span_equal(json_member_text(o->session, models, "currentModelId"), wanted))
    return false;
  struct buf names = buf_make(LIMIT_ERROR_MESSAGE_BYTES / 2);
  bool known = false, sent = false;
  for (json_at v = json_first(json_root(o->options)); v && !known; v = json_next(v)) {
    struct choice c = choice_of(o->options, v);
    if (!span_is(json_member_text(o->options, v, "category"), "model"))
      continue;
    struct span value = value_in(o->options, c.list, c.key, wanted);
    known = value.len > 0 || span_equal(c.current, wanted);
    if ((sent = value.len > 0 && !span_equal(c.current, value)))
      choose(a, ACP_MODEL, o->options, &c, value, output);
    acp_add_names(o->options, c.list, c.key, &names);
  }
  if (!known && (sent = known = element(o->session, list, "modelId", wanted) != NULL))
    acp_say_setting(a, ACP_MODEL, "session/set_model", "modelId", wanted, output);
  if (names.len == 0)
    acp_add_names(o->session, list, "modelId", &names);
  if (!known)
    warn_not_offered("model-not-set", "model", wanted, &names, output);
  buf_free(&names);
  return sent;
}

static bool set_effort(struct acp *a, const struct offer *o, struct agent_output *output)
{
  struct span wanted = a->req && !a->profile->model_by_option ? a->req->effort : nothing;
  json_at option = element(o->options, json_root(o->options), "category",
                           SPAN_LITERAL("thought_level"));
  struct choice c = choice_of(o->options, option);
  struct span value = value_in(o->options, c.list, c.key, wanted);
  if (wanted.len == 0 || span_equal(c.current, wanted))
    return false;
  if (value.len > 0) {
    choose(a, ACP_OPTION, o->options, &c, value, output);
    return true;
  }
  struct buf names = buf_make(LIMIT_ERROR_MESSAGE_BYTES / 2);
  acp_add_names(o->options, c.list, c.key, &names);
  warn_not_offered("effort-not-set", "modelOptions.effort", wanted, &names, output);
  buf_free(&names);
  return false;
}

static bool fail_not_offered(struct acp *a, struct buf *text, struct buf *names,
                             struct agent_output *output)
{
  if (names->len > 0)
    buf_addf(text, ". Available: %s", buf_cstring(names));
  acp_fail(a, output, "agent-error", buf_span(text));
  return true;
}

static bool set_option(struct acp *a, const struct offer *o, size_t index,
                       struct agent_output *output)
{
  const struct config_entry *entry = &a->req->harness_options.config[index];
  json_at root = json_root(o->options),
          option = element(o->options, root, "id", entry->id);
  struct choice c = choice_of(o->options, option);
  struct span value = value_in(o->options, c.list, c.key, entry->text);
  bool boolean = span_is(json_member_text(o->options, option, "type"), "boolean");
  struct config_entry said = *entry;
  said.text = value;
  if (option && boolean == entry->is_bool && (boolean || value.len > 0)) {
    acp_say_option(a, ACP_OPTION, entry->id, &said, output);
    return true;
  }
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES),
             names = buf_make(LIMIT_ERROR_MESSAGE_BYTES / 2);
  buf_addf(&text, "harnessOptions.config.%.*s: ", SPAN_ARG(entry->id));
  if (!option) {
    buf_add_text(&text, "the agent has no such option");
    acp_add_names(o->options, root, "id", &names);
  } else if (boolean) {
    buf_add_text(&text, "it is true or false");
  } else {
    buf_addf(&text, "the agent does not offer \"%.*s\"", SPAN_ARG(entry->text));
    acp_add_names(o->options, c.list, c.key, &names);
  }
  (void)fail_not_offered(a, &text, &names, output);
  buf_free(&text);
  buf_free(&names);
  return true;
}

/* What agents call the modes of modelOptions.permissionMode. */
static struct span find_mode(const struct json *doc, const struct choice *c,
                             struct span wanted)
{
  static const char *const same[][6] = {
      {"bypassPermissions", "yolo", "full-access", "agent-full-access"},
      {"acceptEdits", "autoEdit", "auto-edit", "auto", "workspace-write"},
      {"default",
       "read-only"}, /* codex-acp asks in it, and refuses by itself in others */
      {"plan", "read-only"}};
  struct span mode = value_in(doc, c->list, c->key, wanted);
  for (size_t i = 0; mode.len == 0 && i < sizeof same / sizeof same[0]; i++)
    for (size_t k = 1; mode.len == 0 && span_is(wanted, same[i][0]) && same[i][k]; k++)
      mode = value_in(doc, c->list, c->key, span_of(same[i][k]));
  return mode;
}

/* These we can keep by our answers alone, where the agent has no such mode. */
static bool is_ours_to_keep(struct span mode)
{
  return span_is(mode, "default") || span_is(mode, "acceptEdits") ||
         span_is(mode, "bypassPermissions");
}

static struct choice modes_of(const struct offer *o, struct json **doc)
{
  json_at modes = json_get(json_root(o->session), "modes");
  json_at option =
      element(o->options, json_root(o->options), "category", SPAN_LITERAL("mode"));
  *doc = modes ? o->session : o->options;
  if (!modes)
    return choice_of(o->options, option);
  return (struct choice){.list = json_get(modes, "availableModes"),
                         .key = "id",
                         .current = json_member_text(o->session, modes, "currentModeId")};
}

static bool set_mode(struct acp *a, const struct offer *o, struct agent_output *output)
{
  if (a->req && policy_restricts(&a->req->policy) && !a->asks_each)
    events_warn(output->events, "policy-by-its-questions",
                SPAN_LITERAL("the agent runs what it takes for reading alone without "
                             "asking: the policy decides the rest"));
  struct json *doc;
  struct choice c = modes_of(o, &doc);
  struct span named = a->req ? a->req->harness_options.mode : nothing;
  struct span wanted = a->req && named.len == 0 ? a->req->permission_mode : named;
  /* A loaded session may tell its past behind its answer (seen: gemini): one request
   * more, and its answer comes after it. */
  bool barrier = a->loaded && c.list;
  if (wanted.len == 0 && a->profile->asks_to_tell) {
    if (!barrier)
      return false;
    wanted = c.current;
  }
  if (wanted.len == 0)
    wanted = SPAN_LITERAL("bypassPermissions");
  struct span mode =
      named.len > 0 ? value_in(doc, c.list, c.key, named) : find_mode(doc, &c, wanted);
  if (mode.len == 0 && barrier && named.len == 0 && is_ours_to_keep(wanted))
    mode = c.current;
  if (mode.len > 0 && (barrier || !span_equal(mode, c.current))) {
    if (c.option)
      choose(a, ACP_MODE, doc, &c, mode, output);
    else
      acp_say_setting(a, ACP_MODE, "session/set_mode", "modeId", mode, output);
    return true;
  }
  if (mode.len > 0 || (named.len == 0 && is_ours_to_keep(wanted)))
    return false;
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES),
             names = buf_make(LIMIT_ERROR_MESSAGE_BYTES / 2);
  buf_addf(&text, "%s: the agent has no mode \"%.*s\"",
           named.len > 0 ? "harnessOptions.mode" : "modelOptions.permissionMode",
           SPAN_ARG(wanted));
  acp_add_names(doc, c.list, c.key, &names);
  (void)fail_not_offered(a, &text, &names, output);
  buf_free(&text);
  buf_free(&names);
  return true;
}

/* The settings in their order, by number: model, effort, the options, mode. */
static bool set_one(struct acp *a, const struct offer *o, size_t number,
                    struct agent_output *output)
{
  size_t options = a->req ? a->req->harness_options.config_count : 0;
  if (number == 0)
    return set_model(a, o, output);
  if (number == 1)
    return set_effort(a, o, output);
  return number < 2 + options ? set_option(a, o, number - 2, output)
                              : set_mode(a, o, output);
}

bool acp_set(struct acp *a, struct agent_output *output)
{
  struct fault ignored = {0}; /* they were parsed before, as parts of their lines */
  struct offer o = {.session = json_parse(buf_span(&a->offer), NULL, &ignored),
                    .options = json_parse(buf_span(&a->options), NULL, &ignored)};
  size_t all = 3 + (a->req ? a->req->harness_options.config_count : 0);
  bool asked = false;
  while (!asked && a->settings_done < all)
    asked = set_one(a, &o, a->settings_done++, output);
  json_free(o.session);
  json_free(o.options);
  return asked;
}
