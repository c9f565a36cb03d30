/* SPDX-License-Identifier: MIT */
/* mcp_result.c - the members of a result, with texts before or behind its content. */
#include "mcp_result.h"

#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"

static const struct span content_key = {"content", 7}, error_key = {"isError", 7};

static const char broken[] =
    "The tool ran, but its result has no structuredContent, which its outputSchema asks "
    "for. What it gave instead follows.";

static bool is_type(struct span block, const char *type)
{
  struct span value = json_slice_member(block, SPAN_LITERAL("type"));
  return json_slice_kind(value) == JSON_STRING && json_slice_says(value, span_of(type));
}

/* -- structure -- */

/* The object that the only text of the content is; false: it is none. */
static bool find_object(struct span content, struct buf *object)
{
  struct json_walk w = json_slice_walk(content);
  struct fault ignored = {0};
  if (!json_slice_next(&w) || w.rest.len > 0 || !is_type(w.value, "text"))
    return false;
  struct span text = json_slice_member(w.value, SPAN_LITERAL("text"));
  if (json_slice_kind(text) == JSON_STRING)
    json_unescape(text, object);
  struct json *doc = json_parse(buf_span(object), NULL, &ignored);
  bool found = json_kind(json_root(doc)) == JSON_OBJECT;
  json_free(doc);
  if (!found)
    buf_clear(object);
  return found;
}

/* -- texts -- */

static bool is_shown(struct span block)
{
  return is_type(block, "text") || is_type(block, "image") || is_type(block, "resource");
}

static bool shows_nothing(struct span content)
{
  for (struct json_walk w = json_slice_walk(content); json_slice_next(&w);)
    if (is_shown(w.value))
      return false;
  return true;
}

/* " key" of the block, in its own escapes. */
static void add_words(struct span block, const char *before, const char *key,
                      const char *after, struct buf *out)
{
  struct span value = json_slice_member(block, span_of(key));
  if (json_slice_kind(value) != JSON_STRING || value.len <= 2)
    return;
  buf_add_text(out, before);
  buf_add(out, (struct span){value.at + 1, value.len - 2});
  buf_add_text(out, after);
}

/* A text block for each link and each audio. */
static void put_links(struct span content, struct buf *out)
{
  const char *comma = "";
  for (struct json_walk w = json_slice_walk(content); json_slice_next(&w);) {
    bool link = is_type(w.value, "resource_link");
    if (!link && !is_type(w.value, "audio"))
      continue;
    buf_addf(out, "%s{\"type\":\"text\",\"text\":\"%s", comma,
             link ? "Resource link:" : "Audio");
    add_words(w.value, " ", link ? "name" : "mimeType", "", out);
    add_words(w.value, " ", "uri", "", out);
    add_words(w.value, " (", "description", ")", out);
    buf_add_text(out, "\"}");
    comma = ",";
  }
}

static void put_structure(struct span structure, struct buf *out)
{
  buf_add_text(out, "{\"type\":\"text\",\"text\":");
  json_escape(out, structure);
  buf_add_char(out, '}');
}

/* -- the whole -- */

static void put_content(struct span content, struct span before, struct span after,
                        struct buf *out)
{
  bool some = span_trim((struct span){content.at + 1, content.len - 2}).len > 0;
  buf_add_char(out, '[');
  buf_add(out, before);
  if (before.len > 0 && (some || after.len > 0))
    buf_add_char(out, ',');
  buf_add(out, (struct span){content.at + 1, content.len - 2});
  if (some && after.len > 0)
    buf_add_char(out, ',');
  buf_add(out, after);
  buf_add_char(out, ']');
}

struct mending {
  struct buf before, after; /* blocks around the content */
  struct buf structure;     /* structuredContent */
  bool failed;              /* isError */
};

static void rebuild(struct span result, const struct mending *m, struct buf *out)
{
  const char *comma = "{";
  for (struct json_walk w = json_slice_walk(result); json_slice_next(&w);) {
    if (m->failed && json_slice_says(w.key, error_key))
      continue;
    if (m->structure.len > 0 && json_slice_says(w.key, SPAN_LITERAL("structuredContent")))
      continue;
    buf_add_text(out, comma);
    buf_add(out, w.key);
    buf_add_char(out, ':');
    if (json_slice_says(w.key, content_key))
      put_content(w.value, buf_span(&m->before), buf_span(&m->after), out);
    else
      buf_add(out, w.value);
    comma = ",";
  }
  if (m->structure.len > 0) {
    buf_add_text(out, ",\"structuredContent\":");
    buf_add(out, buf_span(&m->structure));
  }
  if (m->failed)
    buf_add_text(out, ",\"isError\":true");
  buf_add_char(out, '}');
}

bool mcp_result_mend(struct span result, const struct mcp_result_wish *wish,
                     struct buf *out)
{
  struct mending m = {.before = buf_make(KIB),
                      .after = buf_make(LIMIT_BRIDGE_REPLY_BYTES),
                      .structure = buf_make(LIMIT_BRIDGE_REPLY_BYTES)};
  struct span content = json_slice_member(result, content_key);
  struct span structure = json_slice_member(result, SPAN_LITERAL("structuredContent"));
  bool has = json_slice_kind(structure) == JSON_OBJECT;
  bool error = json_slice_kind(json_slice_member(result, error_key)) == JSON_TRUE;
  bool lacks = !has && !error;
  m.failed = lacks && wish->structured && !find_object(content, &m.structure);
  if (m.failed) {
    struct json_writer w = json_write_to(&m.before);
    json_open(&w, NULL, '{');
    json_put_text(&w, "type", SPAN_LITERAL("text"));
    json_put_text(&w, "text", SPAN_LITERAL(broken));
    json_close(&w, '}');
  }
  if (lacks && wish->some && m.structure.len == 0 && !m.failed)
    buf_add_text(&m.structure, "{}");
  bool unseen = shows_nothing(content);
  if (wish->links && unseen)
    put_links(content, &m.after);
  if (wish->structure && unseen && has && m.after.len == 0)
    put_structure(structure, &m.after);
  if (m.failed || m.structure.len > 0 || m.after.len > 0)
    rebuild(result, &m, out);
  buf_free(&m.before);
  buf_free(&m.after);
  buf_free(&m.structure);
  return !lacks;
}
