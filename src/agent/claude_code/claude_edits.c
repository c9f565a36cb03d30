/* SPDX-License-Identifier: MIT */
/* claude_edits.c - the patch is the agent's own, so its lines are those of the file. */
#include "claude_edits.h"

#include "agent/file_change.h"
#include "base/json.h"
#include "base/limits.h"

static void put_patch(const struct json *doc, json_at hunks, struct buf *out)
{
  for (json_at h = json_first(hunks); h; h = json_next(h)) {
    json_at lines = json_get(h, "lines");
    buf_addf(
        out, "@@ -%.0f,%.0f +%.0f,%.0f @@\n", json_number(json_get(h, "oldStart"), 0),
        json_number(json_get(h, "oldLines"), 0), json_number(json_get(h, "newStart"), 0),
        json_number(json_get(h, "newLines"), 0));
    for (json_at line = json_first(lines); line; line = json_next(line)) {
      buf_add(out, json_text(doc, line, (struct span){0}));
      buf_add_char(out, '\n');
    }
  }
}

static void put_edit(const struct json *doc, json_at root, struct buf *out)
{
  struct span path = json_member_text(doc, root, "filePath");
  json_at hunks = json_get(root, "structuredPatch");
  if (span_is(json_member_text(doc, root, "type"), "create")) {
    file_change_put_texts(out, path, "add", (struct span){0},
                          json_member_text(doc, root, "content"));
    return;
  }
  struct buf diff = buf_make(LIMIT_LINE_BYTES);
  file_change_head(&diff, path, "update");
  put_patch(doc, hunks, &diff);
  file_change_put(out, path, "update", buf_span(&diff));
  buf_free(&diff);
}

void claude_edits_tell(struct span tool_use_result, struct events *events)
{
  struct fault ignored = {0};
  struct buf value = buf_make(LIMIT_EVENT_LINE_BYTES);
  struct json *doc = json_slice_kind(tool_use_result) == JSON_OBJECT
                         ? json_parse(tool_use_result, NULL, &ignored)
                         : NULL;
  if (!doc)
    return;
  json_at root = json_root(doc);
  struct span notebook = json_member_text(doc, root, "notebook_path");
  if (json_kind(json_get(root, "structuredPatch")) == JSON_ARRAY &&
      json_member_text(doc, root, "filePath").len > 0)
    put_edit(doc, root, &value);
  else if (notebook.len > 0 && json_kind(json_get(root, "updated_file")) == JSON_STRING)
    file_change_put_texts(&value, notebook, "update",
                          json_member_text(doc, root, "original_file"),
                          json_member_text(doc, root, "updated_file"));
  if (value.len > 0)
    file_change_tell(events, &value);
  json_free(doc);
}
