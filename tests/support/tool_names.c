/* SPDX-License-Identifier: MIT */
#include "tool_names.h"

#include "base/json_write.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

enum { MOST = 16 };

static struct {
  struct buf text;
  struct json *doc;
} kept[MOST];
static size_t kept_count;

struct tools *tools_from_names(struct span comma_separated)
{
  static const char *const raw[] = {"inputSchema", NULL};
  static const struct json_rules rules = {.raw = raw};
  struct buf text = buf_make(64 * (size_t)KIB);
  struct json_writer w = json_write_to(&text);
  struct fault f = {0};
  json_open(&w, NULL, '[');
  for (struct span rest = comma_separated; rest.len > 0;) {
    const char *comma = memchr(rest.at, ',', rest.len);
    size_t len = comma ? (size_t)(comma - rest.at) : rest.len;
    json_open(&w, NULL, '{');
    json_put_text(&w, "name", (struct span){rest.at, len});
    json_close(&w, '}');
    rest = span_after(rest, comma ? len + 1 : len);
  }
  json_close(&w, ']');
  struct json *doc = json_parse(buf_span(&text), &rules, &f);
  struct tools *tools =
      doc && kept_count < MOST ? tools_read(doc, json_root(doc), &f) : NULL;
  if (!tools)
    abort();
  kept[kept_count].text = text;
  kept[kept_count++].doc = doc;
  return tools;
}
