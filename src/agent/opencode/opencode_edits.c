/* SPDX-License-Identifier: MIT */
/* opencode_edits.c - a tool is known by what it tells, not by its name. */
#include "opencode_edits.h"

#include "agent/file_change.h"
#include "base/json.h"
#include "base/limits.h"

static void tell(struct events *events, struct span path, const char *kind,
                 struct span diff)
{
  struct buf value = buf_make(LIMIT_EVENT_LINE_BYTES);
  if (path.len == 0)
    return;
  file_change_put(&value, path, kind, diff);
  file_change_tell(events, &value);
}

/* Of a file that was there its former text is not known. */
static void tell_write(struct events *events, struct span path, bool existed,
                       struct span input)
{
  struct fault ignored = {0};
  struct buf value = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json *doc = existed ? NULL : json_parse(input, NULL, &ignored);
  if (doc) {
    file_change_put_texts(&value, path, "add", (struct span){0},
                          json_member_text(doc, json_root(doc), "content"));
    file_change_tell(events, &value);
  } else {
    tell(events, path, existed ? "update" : "add", (struct span){0});
  }
  json_free(doc);
}

static const char *kind_of(struct span type)
{
  return span_is(type, "add") ? "add" : span_is(type, "delete") ? "delete" : "update";
}

static void tell_all(const struct json *doc, json_at root, struct span input,
                     struct events *events)
{
  json_at one = json_get(root, "filediff"), files = json_get(root, "files"),
          exists = json_get(root, "exists");
  struct span written = json_member_text(doc, root, "filepath");
  tell(events, json_member_text(doc, one, "file"), "update",
       json_member_text(doc, one, "patch"));
  for (json_at v = json_first(files); v; v = json_next(v))
    tell(events,
         json_member_text(doc, v, json_get(v, "movePath") ? "movePath" : "filePath"),
         kind_of(json_member_text(doc, v, "type")), json_member_text(doc, v, "patch"));
  if (written.len > 0 && exists)
    tell_write(events, written, json_kind(exists) == JSON_TRUE, input);
}

void opencode_edits_tell(struct span metadata, struct span input, struct events *events)
{
  struct fault ignored = {0};
  struct json *doc = json_slice_kind(metadata) == JSON_OBJECT
                         ? json_parse(metadata, NULL, &ignored)
                         : NULL;
  if (doc)
    tell_all(doc, json_root(doc), input, events);
  json_free(doc);
}
