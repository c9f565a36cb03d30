/* SPDX-License-Identifier: MIT */
/* What a foreign MCP server answers: a value that is handed out is JSON, and lies in the
 * text; a list that was put together is one array, and a version fits into a header. */
#include "base/json.h"
#include "tool/server_message.h"

#include <stdint.h>
#include <stdlib.h>

static void must(bool so)
{
  if (!so)
    abort();
}

/* By its grammar: as a raw member, for a tree has more rules (no NUL in a name). */
static bool is_json(struct span text)
{
  static const char *const raw[] = {"v", NULL};
  static const struct json_rules rules = {.raw = raw};
  struct fault f = {0};
  struct buf whole = buf_make(SIZE_MAX);
  buf_add_text(&whole, "{\"v\":");
  buf_add(&whole, text);
  buf_add_char(&whole, '}');
  struct json *doc = json_parse(buf_span(&whole), &rules, &f);
  bool good = doc || f.kind == FAULT_TOO_BIG;
  json_free(doc);
  buf_free(&whole);
  return good;
}

static void check_page(struct span result)
{
  struct buf list = buf_make(SIZE_MAX);
  struct span cursor = {0}, version = server_message_version(result);
  struct fault f = {0};
  buf_add_char(&list, '[');
  int count = server_message_page(result, &list, &cursor, &f);
  buf_add_char(&list, ']');
  must(count < 0 || is_json(buf_span(&list)));
  must(cursor.len == 0 || json_slice_kind(cursor) == JSON_STRING);
  for (size_t i = 0; i < version.len; i++)
    must(version.at[i] == '-' || (version.at[i] >= '0' && version.at[i] <= '9'));
  buf_free(&list);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct span text = {(const char *)data, size}, value = {0};
  enum server_message_kind kind;
  struct fault f = {0};
  if (!utf8_valid(text) || server_message_read(text, 1, &kind, &value, &f) < 0)
    return 0;
  must(kind == SERVER_OTHER || (value.at >= text.at && value.len <= text.len));
  must(kind == SERVER_OTHER || is_json(value));
  if (kind == SERVER_RESULT)
    check_page(value);
  if (kind == SERVER_ERROR)
    (void)server_message_did_not_run(value);
  return 0;
}
