/* SPDX-License-Identifier: MIT */
/* callback.c - the three shapes, side by side in each function.  */
#include "request/callback.h"

#include "base/json.h"
#include "base/json_write.h"
#include "base/limits.h"
#include "base/utf8.h"

#include <string.h>

bool callback_takes(const struct callback *c, enum callback_kind kind)
{
  return kind == CALLBACK_TOOL_CALL ||
         (kind == CALLBACK_OUTPUT && c->shape != CALLBACK_URL) ||
         (kind == CALLBACK_COMPLETE && c->shape == CALLBACK_CONVEX);
}

/* -- what is sent -- */

/* As encodeURIComponent() does. */
static void add_segment(struct buf *out, struct span text)
{
  static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                              "0123456789-_.!~*'()";
  for (size_t i = 0; i < text.len; i++) {
    if (text.at[i] && strchr(plain, text.at[i]))
      buf_add_char(out, text.at[i]);
    else
      buf_addf(out, "%%%02X", (unsigned)(unsigned char)text.at[i]);
  }
}

static struct span without_slash(struct span url)
{
  while (url.len > 0 && url.at[url.len - 1] == '/')
    url.len--;
  return url;
}

static void put_url(const struct callback *c, enum callback_kind kind, struct buf *out)
{
  bool call = kind == CALLBACK_TOOL_CALL;
  buf_add(out, c->shape == CALLBACK_URL ? c->url : without_slash(c->url));
  if (c->shape == CALLBACK_CONVEX) {
    buf_add_text(out, call ? "/api/action" : "/api/mutation");
  } else if (c->shape == CALLBACK_BASE) {
    buf_add_text(out, "/internal/runs/");
    add_segment(out, c->run_id);
    buf_add_text(out, call ? "/tool-call" : "/output");
  }
}

static void put_header(const struct callback *c, struct buf *out)
{
  if (c->shape == CALLBACK_CONVEX)
    return;
  buf_reserve(out, c->secret.len + 64); /* once, so that no copy of it stays behind */
  buf_add_text(out, c->shape == CALLBACK_BASE ? "authorization: Bearer "
                                              : "x-internal-secret: ");
  buf_add(out, c->secret);
}

static void put_body(const struct callback *c, enum callback_kind kind,
                     struct span members, struct buf *out)
{
  static const char *const functions[] = {"handleToolCall", "appendOutput",
                                          "completeRun"};
  buf_reserve(out, members.len + 6 * (c->secret.len + c->run_id.len) + KIB);
  buf_add_char(out, '{');
  if (c->shape == CALLBACK_CONVEX) {
    buf_addf(out, "\"path\":\"runtimeCallbacks:%s\",", functions[kind]);
    buf_add_text(out,
                 "\"format\":\"convex_encoded_json\",\"args\":[{\"internalSecret\":");
    json_escape(out, c->secret);
    buf_add_char(out, ',');
  }
  if (c->shape != CALLBACK_BASE) {
    buf_add_text(out, "\"runId\":");
    json_escape(out, c->run_id);
    buf_add_char(out, ',');
  }
  buf_add(out, members);
  buf_add_text(out, c->shape == CALLBACK_CONVEX ? "}]}" : "}");
}

void callback_post_make(const struct callback *c, enum callback_kind kind,
                        struct span members, struct callback_post *out)
{
  size_t names = 6 * (c->secret.len + c->run_id.len) + 2 * KIB;
  *out = (struct callback_post){.url = buf_make(c->url.len + names),
                                .body = buf_make(members.len + names),
                                .header = buf_make(names)};
  put_url(c, kind, &out->url);
  put_header(c, &out->header);
  put_body(c, kind, members, &out->body);
}

void callback_post_free(struct callback_post *p)
{
  buf_wipe(&p->url);
  buf_wipe(&p->body);
  buf_wipe(&p->header);
}

/* -- what comes back -- */

/* An answer, without Convex's own envelope. */
struct answer {
  struct buf repaired;
  struct json *doc;
  json_at root;        /* NULL: there is none */
  struct span refused; /* Convex's words */
};

static struct answer answer_read(const struct callback *c, struct span body)
{
  static const char *const raw[] = {"value", NULL};
  struct answer a = {.repaired = buf_make(3 * LIMIT_TOOL_ANSWER_BYTES)};
  struct fault ignored = {0};
  if (!utf8_valid(body)) {
    utf8_repair(body, &a.repaired);
    body = buf_span(&a.repaired);
  }
  if (c->shape == CALLBACK_CONVEX) {
    a.doc = json_parse(body, &(struct json_rules){.raw = raw}, &ignored);
    json_at root = json_root(a.doc);
    if (!span_is(json_member_text(a.doc, root, "status"), "success")) {
      a.refused = json_member_text(a.doc, root, "errorMessage");
      return a;
    }
    body = json_raw(json_get(root, "value")); /* of `body`, not of the document */
    json_free(a.doc);
  }
  a.doc = json_parse(body, &(struct json_rules){.raw = raw}, &ignored);
  if (json_kind(json_root(a.doc)) == JSON_OBJECT)
    a.root = json_root(a.doc);
  return a;
}

static void answer_free(struct answer *a)
{
  json_free(a->doc);
  buf_free(&a->repaired);
}

static enum callback_outcome fail(struct buf *text, int status, struct span body)
{
  struct buf valid = buf_make(3 * LIMIT_TOOL_ANSWER_BYTES);
  utf8_repair(body, &valid);
  buf_addf(text, "Tool callback failed (%d): ", status);
  buf_add(text, utf8_first(buf_span(&valid), LIMIT_TOOL_ERROR_CHARS));
  buf_free(&valid);
  return CALLBACK_FAILED;
}

static unsigned retry_after(json_at root)
{
  double ms = json_number(json_get(root, "retryAfterMs"), LIMIT_CALLBACK_PENDING_MS);
  if (!(ms > LIMIT_TOOL_PENDING_MIN_MS))
    return LIMIT_TOOL_PENDING_MIN_MS;
  return ms < LIMIT_TOOL_MS ? (unsigned)ms : LIMIT_TOOL_MS;
}

static enum callback_outcome judge(const struct answer *a, struct buf *text,
                                   unsigned *retry_ms)
{
  struct span kind = json_member_text(a->doc, a->root, "kind");
  struct span error = json_member_text(a->doc, a->root, "error");
  json_at value = json_get(a->root, "value");
  enum json_kind ok = json_kind(json_get(a->root, "ok"));
  if (ok == JSON_TRUE) {
    buf_add_text(text, value ? "{\"value\":" : "{");
    buf_add(text, json_raw(value));
    buf_add_char(text, '}');
    return CALLBACK_VALUE;
  }
  if (ok == JSON_FALSE && span_is(kind, "pending")) {
    *retry_ms = retry_after(a->root);
    return CALLBACK_PENDING;
  }
  if (ok != JSON_FALSE) {
    buf_add_text(text, "Tool callback returned invalid result payload");
    return CALLBACK_FAILED;
  }
  if (span_is(kind, "denied") || json_kind(json_get(a->root, "denied")) == JSON_TRUE)
    buf_add_text(text, CALLBACK_DENIED);
  buf_add(text, error);
  if (text->len == 0)
    buf_add_text(text, "Tool call failed without an error message");
  return CALLBACK_FAILED;
}

enum callback_outcome callback_read(const struct callback *c, int status,
                                    struct span body, struct buf *text,
                                    unsigned *retry_ms)
{
  buf_clear(text);
  if (status < 200 || status > 299)
    return fail(text, status, body);
  struct answer a = answer_read(c, body);
  enum callback_outcome outcome =
      a.refused.len > 0 ? fail(text, status, a.refused) : judge(&a, text, retry_ms);
  answer_free(&a);
  return outcome;
}

bool callback_was_taken(const struct callback *c, int status, struct span body)
{
  if (status < 200 || status > 299 || c->shape != CALLBACK_CONVEX)
    return status >= 200 && status <= 299;
  struct fault ignored = {0};
  static const char *const raw[] = {"value", NULL};
  struct json *doc = json_parse(body, &(struct json_rules){.raw = raw}, &ignored);
  bool taken = span_is(json_member_text(doc, json_root(doc), "status"), "success");
  json_free(doc);
  return taken;
}
