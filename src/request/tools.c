/* SPDX-License-Identifier: MIT */
/* tools.c - the descriptors read, each tool with its aliases. */
#include "request/tools.h"

#include "base/limits.h"
#include "base/mem.h"
#include "request/tool_schema.h"
#include "request_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tools {
  struct tool *at;
  size_t count;
};

static const char theirs[] = "toolDescriptors must be a ToolDescriptor[]: ";

/* A text of the tool, or that it is odd. */
static struct span text_of(struct json *doc, json_at v, bool *odd)
{
  enum json_kind kind = json_kind(v);
  *odd = kind != JSON_ABSENT && kind != JSON_NULL && kind != JSON_STRING;
  return json_text(doc, v, SPAN_LITERAL(""));
}

static struct span raw_of(json_at v)
{
  return json_kind(v) == JSON_NULL ? (struct span){0} : json_raw(v);
}

/* For the text of an error. */
static struct span shown(struct span name)
{
  return span_cut_utf8(name, 100);
}

static int check_name(const struct fields *r, const char *where, struct span name)
{
  if (name.len > LIMIT_TOOL_NAME_BYTES)
    return fault_set(r->f, FAULT_BAD_INPUT,
                     "run request: %sname is longer than %d bytes: \"%.*s…\"", where,
                     LIMIT_TOOL_NAME_BYTES, SPAN_ARG(shown(name)));
  for (size_t i = 0; i < name.len; i++)
    if ((unsigned char)name.at[i] < 0x20 || name.at[i] == 0x7f)
      return fault_set(r->f, FAULT_BAD_INPUT,
                       "run request: %sname must not contain control characters", where);
  return 0;
}

static int read_format(const struct fields *r, const char *where, json_at format,
                       struct tool *tool)
{
  if (!fields_given(format))
    return 0;
  struct span text = json_text(r->doc, format, SPAN_LITERAL(""));
  tool->result_is_mcp = span_is(text, "mcp");
  if (tool->result_is_mcp || span_is(text, "text"))
    return 0;
  return fields_wrong(r, format, "", where, "resultFormat", "\"text\" or \"mcp\"");
}

static int tool_read(struct json *doc, json_at v, size_t index, struct tool *tool,
                     struct fault *f)
{
  const struct fields r = {.doc = doc, .f = f};
  char where[48];
  json_at name = json_get(v, "name");
  int end = snprintf(where, sizeof where, "toolDescriptors[%zu].", index) - 1;
  if (json_kind(v) != JSON_OBJECT)
    where[end] = 0;
  if (json_kind(v) != JSON_OBJECT)
    return fields_wrong(&r, v, theirs, "", where, "an object");
  if (json_kind(name) != JSON_STRING)
    return fields_wrong(&r, name, theirs, where, "name", "a string");
  *tool = (struct tool){
      .name = json_text(doc, name, SPAN_LITERAL("")),
      .input_schema = raw_of(json_get(v, "inputSchema")),
      .output_schema = raw_of(json_get(v, "outputSchema")),
      .annotations = raw_of(json_get(v, "annotations")),
  };
  tool->description = text_of(doc, json_get(v, "description"), &tool->odd_description);
  tool->title = text_of(doc, json_get(v, "title"), &tool->odd_title);
  if (check_name(&r, where, tool->name) < 0)
    return -1;
  if (tool_schema_root(tool->input_schema) == SCHEMA_ROOT_OTHER)
    return fault_set(f, FAULT_BAD_INPUT,
                     "run request: the type of %sinputSchema (\"%.*s\") must be "
                     "\"object\"",
                     where, SPAN_ARG(shown(tool->name)));
  return read_format(&r, where, json_get(v, "resultFormat"), tool);
}

/* Has a tool other than `but` this name or alias? */
static bool is_taken(const struct tools *t, const struct tool *but, struct span alias)
{
  for (size_t i = 0; i < t->count; i++) {
    const struct tool *tool = &t->at[i];
    if (tool == but)
      continue;
    if (span_equal(tool->name, alias))
      return true;
    for (size_t form = 0; form < ALIAS_FORMS; form++)
      if (span_equal(span_of(tool->alias[form]), alias))
        return true;
  }
  return false;
}

/* LIMIT_TOOLS tools can hold but few of the 65,536 hashes: one is found soon. */
static void give_alias(const struct tools *t, struct tool *tool,
                       enum tool_alias_form form)
{
  unsigned attempt = 0;
  do
    tool_alias_write(tool->name, form, attempt++, tool->alias[form]);
  while (!tool_alias_is_fine(tool->name, form) && attempt < 65536 &&
         is_taken(t, tool, span_of(tool->alias[form])));
}

static void give_aliases(const struct tools *t, struct tool *tool)
{
  give_alias(t, tool, ALIAS_USUAL);
  give_alias(t, tool, ALIAS_SINGLE);
}

struct tools *tools_read(struct json *doc, json_at descriptors, struct fault *f)
{
  size_t count = json_count(descriptors);
  if (descriptors && json_kind(descriptors) != JSON_ARRAY) {
    const struct fields r = {.doc = doc, .f = f};
    (void)fields_wrong(&r, descriptors, "", "", "toolDescriptors", "a ToolDescriptor[]");
    return NULL;
  }
  if (count > LIMIT_TOOLS) {
    (void)fault_set(f, FAULT_BAD_INPUT,
                    "run request: toolDescriptors holds more than %d tools", LIMIT_TOOLS);
    return NULL;
  }
  struct tools *t = mem_new(sizeof *t);
  t->at = mem_new(count * sizeof *t->at);
  for (json_at v = json_first(descriptors); v; v = json_next(v), t->count++) {
    if (tool_read(doc, v, t->count, &t->at[t->count], f) < 0) {
      tools_free(t);
      return NULL;
    }
  }
  for (size_t i = 0; i < t->count; i++) {
    struct span name = t->at[i].name;
    if (tools_find(t, name) == &t->at[i])
      continue;
    (void)fault_set(f, FAULT_BAD_INPUT,
                    "Cannot pass two tools named \"%.*s\" in the same chat() call. Tool "
                    "names in one tools array must be unique.",
                    SPAN_ARG(name));
    tools_free(t);
    return NULL;
  }
  for (size_t i = 0; i < t->count; i++)
    give_aliases(t, &t->at[i]);
  return t;
}

/* Why it cannot be offered; NULL: it can. */
static const char *read_listed(const struct tools *t, struct json *doc, json_at v,
                               struct tool *tool)
{
  struct fault f = {0};
  if (tool_read(doc, v, 0, tool, &f) < 0)
    return json_kind(v) != JSON_OBJECT ? "it is no tool" : "its name or its inputSchema";
  if (tool->name.len == 0)
    return "its name is empty";
  if (tools_find(t, tool->name))
    return "that name is taken";
  tool->result_is_mcp = tool->of_server = true;
  return NULL;
}

int tools_add(struct tools *t, struct json *doc, json_at list, struct buf *left_out,
              struct fault *f)
{
  size_t before = t->count, count = before + json_count(list);
  if (count > LIMIT_TOOLS)
    return fault_set(f, FAULT_TOO_BIG, "there are more than %d tools", LIMIT_TOOLS);
  struct tool *at = mem_new((count + 1) * sizeof *at);
  if (before > 0)
    memcpy(at, t->at, before * sizeof *at);
  free(t->at);
  t->at = at;
  for (json_at v = json_first(list); v; v = json_next(v)) {
    const char *why = read_listed(t, doc, v, &t->at[t->count]);
    struct span name = shown(json_member_text(doc, v, "name"));
    if (why)
      buf_addf(left_out, "%s\"%.*s\": %s", left_out->len > 0 ? "; " : "", SPAN_ARG(name),
               why);
    t->count += !why;
  }
  for (size_t i = 0; i < t->count; i++) /* a new name may be an old alias */
    give_aliases(t, &t->at[i]);
  return 0;
}

void tools_free(struct tools *t)
{
  if (!t)
    return;
  free(t->at);
  free(t);
}

const struct tool *tools_find(const struct tools *t, struct span name)
{
  for (size_t i = 0; i < tools_count(t); i++) {
    if (span_equal(t->at[i].name, name))
      return &t->at[i];
  }
  return NULL;
}

const struct tool *tools_by_alias(const struct tools *t, struct span alias)
{
  for (size_t i = 0; i < tools_count(t); i++)
    for (size_t form = 0; form < ALIAS_FORMS; form++)
      if (span_is(alias, t->at[i].alias[form]))
        return &t->at[i];
  return tools_find(t, alias);
}

struct span tools_host_name(const struct tools *t, struct span alias)
{
  const struct tool *tool = tools_by_alias(t, alias);
  return tool ? tool->name : alias;
}

void tools_set_frontend(struct tools *t, size_t index)
{
  t->at[index].frontend = true;
}

size_t tools_count_frontend(const struct tools *t)
{
  size_t count = 0;
  for (size_t i = 0; i < tools_count(t); i++)
    count += t->at[i].frontend;
  return count;
}

size_t tools_count(const struct tools *t)
{
  return t ? t->count : 0;
}

const struct tool *tools_at(const struct tools *t, size_t index)
{
  return index < tools_count(t) ? &t->at[index] : NULL;
}
