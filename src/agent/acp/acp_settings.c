/* SPDX-License-Identifier: MIT */
/* acp_settings.c - the request names a model and a mode in its own words, the agent
 * offers a list in its words.  Where they do not meet, a model is a warning, for the
 * agent has one of its own; a mode that was asked for by name is an error, for it may
 * be the one thing that keeps the agent from writing.  */
#include "acp_settings.h"

#include "acp_messages.h"
#include "base/limits.h"

static const struct span nothing = {0};

void acp_add_names(const struct json *doc, json_at list, const char *key, struct buf *out)
{
  for (json_at v = json_first(list); v; v = json_next(v))
    buf_addf(out, "%s%.*s", v == json_first(list) ? "" : ", ",
             SPAN_ARG(json_member_text(doc, v, key)));
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

/* True: a request has gone out. */
static bool set_model(struct acp *a, const struct json *doc, json_at result,
                      struct agent_output *output)
{
  struct span wanted = a->req && !a->profile->model_by_option ? a->req->model : nothing;
  json_at models = json_get(result, "models");
  json_at list = json_get(models, "availableModels");
  json_at option =
      element(doc, json_get(result, "configOptions"), "category", SPAN_LITERAL("model"));
  if (wanted.len == 0 || span_is(wanted, "default") ||
      span_equal(json_member_text(doc, models, "currentModelId"), wanted) ||
      span_equal(json_member_text(doc, option, "currentValue"), wanted))
    return false;
  if (element(doc, json_get(option, "options"), "value", wanted)) {
    acp_say_setting(a, ACP_MODEL, "session/set_config_option",
                    (const char *const[]){"configId", "value"},
                    (struct span[]){json_member_text(doc, option, "id"), wanted}, output);
    return true;
  }
  if (element(doc, list, "modelId", wanted)) {
    acp_say_setting(a, ACP_MODEL, "session/set_model",
                    (const char *const[]){"modelId", NULL},
                    (struct span[]){wanted, nothing}, output);
    return true;
  }
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_addf(&text, "model: the agent does not offer \"%.*s\" and works with its own",
           SPAN_ARG(wanted));
  if (json_first(list))
    buf_add_text(&text, "; it offers: ");
  acp_add_names(doc, list, "modelId", &text);
  events_warn(output->events, "model-not-set", buf_span(&text));
  buf_free(&text);
  return false;
}

/* What agents call the modes of modelOptions.permissionMode. */
static json_at find_mode(const struct json *doc, json_at list, struct span wanted)
{
  static const char *const same[][3] = {{"bypassPermissions", "yolo", "full-access"},
                                        {"acceptEdits", "autoEdit", "auto"},
                                        {"plan", "plan", "read-only"}};
  json_at mode = element(doc, list, "id", wanted);
  for (size_t i = 0; !mode && i < sizeof same / sizeof same[0]; i++)
    for (size_t k = 1; !mode && span_is(wanted, same[i][0]) && k < 3; k++)
      mode = element(doc, list, "id", span_of(same[i][k]));
  return mode;
}

/* These we can keep by our answers alone, where the agent has no such mode. */
static bool is_ours_to_keep(struct span mode)
{
  return span_is(mode, "default") || span_is(mode, "acceptEdits") ||
         span_is(mode, "bypassPermissions");
}

static bool set_mode(struct acp *a, const struct json *doc, json_at result,
                     struct agent_output *output)
{
  struct span named = a->req ? a->req->harness_options.mode : nothing;
  struct span wanted = a->req && named.len == 0 ? a->req->permission_mode : named;
  json_at modes = json_get(result, "modes"), list = json_get(modes, "availableModes");
  /* A loaded session may tell its past behind its answer (seen: gemini): one request
   * more, and its answer comes after it. */
  bool barrier = a->loaded && list;
  if (wanted.len == 0 && a->profile->asks_to_tell) {
    if (!barrier)
      return false;
    wanted = json_member_text(doc, modes, "currentModeId");
  }
  if (wanted.len == 0)
    wanted = SPAN_LITERAL("bypassPermissions");
  json_at mode =
      named.len > 0 ? element(doc, list, "id", named) : find_mode(doc, list, wanted);
  struct span id = json_member_text(doc, mode, "id");
  if (mode &&
      (barrier || !span_equal(id, json_member_text(doc, modes, "currentModeId")))) {
    acp_say_setting(a, ACP_MODE, "session/set_mode",
                    (const char *const[]){"modeId", NULL}, (struct span[]){id, nothing},
                    output);
    return true;
  }
  if (mode || (named.len == 0 && is_ours_to_keep(wanted)))
    return false;
  struct buf text = buf_make(LIMIT_ERROR_MESSAGE_BYTES);
  buf_addf(&text, "%s: the agent has no mode \"%.*s\". Available: ",
           named.len > 0 ? "harnessOptions.mode" : "modelOptions.permissionMode",
           SPAN_ARG(wanted));
  acp_add_names(doc, list, "id", &text);
  acp_fail(a, output, "agent-error", buf_span(&text));
  buf_free(&text);
  return true;
}

bool acp_set(struct acp *a, enum acp_step done, struct agent_output *output)
{
  struct fault ignored = {0}; /* it was parsed before, as a part of its line */
  struct json *doc = json_parse(buf_span(&a->offer), NULL, &ignored);
  json_at offer = doc ? json_root(doc) : NULL;
  bool asked = (done < ACP_MODEL && set_model(a, doc, offer, output)) ||
               (done < ACP_MODE && set_mode(a, doc, offer, output));
  json_free(doc);
  return asked;
}
