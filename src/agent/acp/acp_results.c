/* SPDX-License-Identifier: MIT */
/* acp_results.c - agents wrap a result in several ways, and some tell it piece by piece
 * before its end.  What nobody knows goes out as the agent's own bytes.  */
#include "acp_results.h"

#include "agent/file_change.h"
#include "base/limits.h"

#include <string.h>

static const struct span nothing = {0};

bool acp_blocks_text(const struct json *doc, json_at blocks, bool wrapped,
                     struct buf *out)
{
  if (json_kind(blocks) != JSON_ARRAY || !json_first(blocks))
    return false;
  for (json_at b = json_first(blocks); b; b = json_next(b)) {
    json_at block = wrapped ? json_get(b, "content") : b;
    if (!span_is(json_member_text(doc, block, "type"), "text"))
      return false;
    buf_add(out, json_member_text(doc, block, "text"));
  }
  return true;
}

/* -- before the end -- */

static void hear_terminal(struct acp_progress *p, const struct json *doc, json_at meta)
{
  json_at whole = json_get(meta, "terminal_output"),
          piece = json_get(meta, "terminal_output_delta"),
          end = json_get(meta, "terminal_exit"), code = json_get(end, "exit_code");
  if (p->terminal.ceiling == 0)
    p->terminal = buf_make_kept(LIMIT_LINE_BYTES);
  p->printed = p->printed || whole || piece || json_kind(code) == JSON_NUMBER;
  if (whole)
    buf_clear(&p->terminal);
  buf_add(&p->terminal, json_member_text(doc, whole, "data"));
  buf_add(&p->terminal, json_member_text(doc, piece, "data"));
  p->exit = json_number(code, p->exit);
  struct span signal = json_member_text(doc, end, "signal");
  if (signal.len > 0) {
    buf_free(&p->signal);
    p->signal = buf_make(KIB);
    buf_add(&p->signal, span_cut_utf8(signal, 100));
  }
}

static void add_change(const struct json *doc, json_at block, struct buf *out)
{
  struct span old = json_member_text(doc, block, "oldText");
  file_change_put_texts(out, json_member_text(doc, block, "path"),
                        old.len == 0 ? "add" : "update", old,
                        json_member_text(doc, block, "newText"));
  buf_add_char(out, '\n');
}

void acp_progress_hear(struct acp_progress *p, const struct json *doc, json_at update)
{
  json_at content = json_get(update, "content");
  bool first = true;
  hear_terminal(p, doc, json_get(update, "_meta"));
  if (json_kind(content) != JSON_ARRAY)
    return;
  for (json_at b = json_first(content); b; b = json_next(b)) {
    if (!span_is(json_member_text(doc, b, "type"), "diff"))
      continue;
    if (first) {
      buf_free(&p->changes);
      p->changes = buf_make_kept(LIMIT_LINE_BYTES);
    }
    first = false;
    add_change(doc, b, &p->changes);
  }
}

void acp_progress_tell_changes(const struct acp_progress *p, struct events *events)
{
  struct span left = buf_span(&p->changes);
  for (size_t i = 0; i < left.len; i++) {
    if (left.at[i] != '\n')
      continue;
    events_custom(events, "file.changed", (struct span){left.at, i});
    left = span_after(left, i + 1);
    i = (size_t)-1;
  }
}

void acp_progress_free(struct acp_progress *p)
{
  buf_free(&p->terminal);
  buf_free(&p->changes);
  buf_free(&p->signal);
}

/* -- the result -- */

static bool add_string(const struct json *doc, json_at object, const char *member,
                       struct buf *out)
{
  bool is = json_kind(json_get(object, member)) == JSON_STRING;
  if (is)
    buf_add(out, json_member_text(doc, object, member));
  return is;
}

static bool add_blocks(const struct json *doc, json_at content, struct buf *out)
{
  bool known = acp_blocks_text(doc, content, false, out);
  if (!known)
    buf_clear(out);
  return known;
}

/* A string, MCP content, or what agents wrap around it. */
static bool add_known_output(const struct json *doc, json_at root, struct buf *out)
{
  json_at output = json_get(root, "output"), result = json_get(root, "result");
  if (json_kind(root) == JSON_STRING) {
    buf_add(out, json_text(doc, root, nothing));
    return true;
  }
  if (json_kind(root) == JSON_ARRAY)
    return add_blocks(doc, root, out);
  return add_blocks(doc, json_get(root, "content"), out) ||
         add_blocks(doc, json_get(result, "content"), out) ||
         add_string(doc, json_get(root, "error"), "message", out) ||
         add_string(doc, root, "content", out) || add_string(doc, root, "output", out) ||
         add_string(doc, output, "OkayOutput", out) ||
         add_string(doc, output, "Error", out) || add_string(doc, root, "message", out);
}

static void add_end(double code, struct span signal, struct buf *out)
{
  const char *front = out->len > 0 && out->at[out->len - 1] != '\n' ? "\n" : "";
  if (signal.len > 0)
    buf_addf(out, "%s(signal %.*s)", front, SPAN_ARG(signal));
  else if (code != 0)
    buf_addf(out, "%s(exit code %.0f)", front, code);
}

static bool add_output(struct span raw, struct buf *out)
{
  struct fault ignored = {0};
  struct json *doc = raw.len > 0 ? json_parse(raw, NULL, &ignored) : NULL;
  if (!doc)
    return false;
  json_at root = json_root(doc);
  bool known = add_known_output(doc, root, out);
  double code = json_number(json_get(root, "exitCode"),
                            json_number(json_get(json_get(root, "metadata"), "exit"), 0));
  if (known)
    add_end(code, nothing, out);
  json_free(doc);
  return known;
}

/* The reason of a failure stands in the content where rawOutput says other words and none
 * of it (qwen-code: "MCP tool 'x' reported an error."). */
static void add_reason(const struct json *doc, json_at update, struct buf *out)
{
  struct buf words = buf_make(LIMIT_EVENT_LINE_BYTES);
  json_at content = json_get(update, "content");
  bool better = span_is(json_member_text(doc, update, "status"), "failed") &&
                acp_blocks_text(doc, content, true, &words) && words.len > 0 &&
                !strstr(buf_cstring(&words), buf_cstring(out));
  if (better) {
    buf_clear(out);
    buf_add(out, buf_span(&words));
  }
  buf_free(&words);
}

void acp_progress_result(const struct acp_progress *p, const struct json *doc,
                         json_at update, bool silent, struct buf *out)
{
  struct span raw = json_raw(json_get(update, "rawOutput"));
  json_at content = json_get(update, "content");
  if (p->printed) {
    buf_add(out, buf_span(&p->terminal));
    add_end(p->exit, buf_span(&p->signal), out);
    return;
  }
  if (add_output(raw, out)) {
    if (json_slice_kind(raw) == JSON_STRING)
      add_reason(doc, update, out);
    return;
  }
  buf_clear(out);
  if (acp_blocks_text(doc, content, true, out))
    return;
  buf_clear(out);
  if (raw.len > 0 && json_slice_kind(raw) != JSON_NULL) {
    buf_add(out, raw);
    return;
  }
  /* Beside diffs and images there may be text. */
  for (json_at b = json_first(content); b; b = json_next(b))
    buf_add(out, json_member_text(doc, json_get(b, "content"), "text"));
  if (out->len == 0 && !(silent && !json_first(content)))
    buf_addf(out, "{\"status\":\"%s\"}",
             span_is(json_member_text(doc, update, "status"), "failed") ? "failed"
                                                                        : "completed");
}
