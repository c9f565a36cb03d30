/* SPDX-License-Identifier: MIT */
/* api_error.c - one layer after the other is taken off; the innermost status is shown. */
#include "agent/api_error.h"

#include "base/json.h"
#include "base/limits.h"

enum { LAYERS = 4 };

static struct span unwrapped(struct span said)
{
  static const struct span front = SPAN_LITERAL("[API Error: ");
  said = span_trim(said);
  if (span_starts(said, front.at) && said.at[said.len - 1] == ']')
    said = span_after((struct span){said.at, said.len - 1}, front.len);
  return span_trim(said);
}

/* {"error":{"message",…}} -> its message and its status; false: it is no such text. */
static bool read_layer(struct span text, struct buf *message, struct buf *status)
{
  struct fault ignored = {0};
  struct json *doc =
      text.len > 0 && text.at[0] == '{' ? json_parse(text, NULL, &ignored) : NULL;
  json_at error = doc ? json_get(json_root(doc), "error") : NULL;
  struct span words = json_member_text(doc, error, "message");
  struct span name = json_member_text(doc, error, "status");
  unsigned long long code = 0;
  bool found = words.len > 0;
  if (found) {
    buf_clear(message);
    buf_clear(status);
    buf_add(message, words);
    if (json_whole(json_get(error, "code"), 999, &code))
      buf_addf(status, "%llu", code);
    if (name.len > 0 && status->len > 0)
      buf_add_char(status, ' ');
    buf_add(status, span_cut_utf8(name, 100));
  }
  json_free(doc);
  return found;
}

void api_error_words(struct span said, struct buf *out)
{
  struct buf message = buf_make(LIMIT_LINE_BYTES), inner = buf_make(LIMIT_LINE_BYTES),
             status = buf_make(KIB);
  buf_add(&inner, unwrapped(said));
  int layers = 0;
  while (layers < LAYERS && read_layer(buf_span(&inner), &message, &status)) {
    layers++;
    buf_clear(&inner);
    buf_add(&inner, unwrapped(buf_span(&message)));
  }
  buf_add(out, layers > 0 ? span_trim(buf_span(&message)) : said);
  if (status.len > 0) {
    buf_add_text(out, " (");
    buf_add(out, buf_span(&status));
    buf_add_char(out, ')');
  }
  buf_free(&message);
  buf_free(&inner);
  buf_free(&status);
}
