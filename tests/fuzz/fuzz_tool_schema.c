/* SPDX-License-Identifier: MIT */
/* Any JSON value as a schema, and as annotations: what is offered is an object whose type
 * is "object", whose properties are objects and whose required are texts; offered again
 * it stays as it is. */
#include "base/json.h"
#include "base/limits.h"
#include "request/tool_schema.h"

#include <stdint.h>
#include <stdlib.h>

static void must(bool so)
{
  if (!so)
    abort();
}

static void check_parts(json_at root)
{
  json_at properties = json_get(root, "properties"),
          required = json_get(root, "required");
  must(!properties || json_kind(properties) == JSON_OBJECT);
  for (json_at p = json_first(properties); p; p = json_next(p))
    must(json_kind(p) == JSON_OBJECT);
  must(!required || json_kind(required) == JSON_ARRAY);
  for (json_at r = json_first(required); r; r = json_next(r))
    must(json_kind(r) == JSON_STRING);
}

static void check_schema(struct span schema, bool union_keys)
{
  struct buf out = buf_make(SIZE_MAX), again = buf_make(SIZE_MAX),
             why = buf_make(SIZE_MAX);
  struct fault f = {0};
  bool other = tool_schema_root(schema) == SCHEMA_ROOT_OTHER;
  tool_schema_write(schema, union_keys, &out, &why);
  struct json *doc = json_parse(buf_span(&out), NULL, &f);
  must(doc != NULL || f.kind == FAULT_TOO_BIG);
  if (doc) {
    check_parts(json_root(doc));
    must(other || span_is(json_member_text(doc, json_root(doc), "type"), "object"));
  }
  size_t before = why.len;
  tool_schema_write(buf_span(&out), union_keys, &again, &why);
  must(other || (why.len == before && span_equal(buf_span(&again), buf_span(&out))));
  json_free(doc);
  buf_free(&out);
  buf_free(&again);
  buf_free(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct span text = span_trim((struct span){(const char *)data, size});
  struct fault f = {0};
  struct json *doc = text.len > 0 && utf8_valid(text) ? json_parse(text, NULL, &f) : NULL;
  if (!doc || span_starts(text, "\xef\xbb\xbf")) {
    json_free(doc);
    return 0;
  }
  check_schema(text, false);
  check_schema(text, true);
  struct buf out = buf_make(SIZE_MAX), why = buf_make(SIZE_MAX);
  tool_annotations_write(text, &out, &why);
  struct json *kept = out.len > 0 ? json_parse(buf_span(&out), NULL, &f) : NULL;
  must(out.len == 0 || kept || f.kind == FAULT_TOO_BIG);
  (void)tool_schema_odd_parameter(text, &why);
  json_free(kept);
  json_free(doc);
  buf_free(&out);
  buf_free(&why);
  return 0;
}
