/* SPDX-License-Identifier: MIT */
/* One row a verb: which members it has is looked up for all alike. */
#include "bridge_frame.h"

static const struct {
  const char *name;
  enum bridge_frame_type type;
} verbs[] = {{"start", FRAME_START},
             {"tool-result", FRAME_TOOL_RESULT},
             {"tool-approval-response", FRAME_APPROVAL},
             {"user-message", FRAME_USER_MESSAGE},
             {"abort", FRAME_ABORT},
             {"interrupt", FRAME_INTERRUPT},
             {"resume", FRAME_RESUME},
             {"stop", FRAME_STOP},
             {"detach", FRAME_DETACH},
             {"destroy", FRAME_DESTROY},
             {"shutdown", FRAME_SHUTDOWN}};

/* The id is what the verb names so. */
static struct span id_of(const struct json *doc, json_at root)
{
  static const char *const names[] = {"toolCallId", "approvalId", "messageId"};
  struct span id = {0};
  for (size_t i = 0; i < sizeof names / sizeof *names && id.len == 0; i++)
    id = json_member_text(doc, root, names[i]);
  return id;
}

static int miss(struct fault *f, struct span type, const char *member)
{
  return fault_set(f, FAULT_BAD_INPUT, "%.*s: %s is missing or of another type",
                   (int)type.len, type.at, member);
}

static int check(const struct bridge_frame *frame, json_at root, struct span type,
                 struct fault *f)
{
  unsigned long long ignored;
  switch (frame->type) {
  case FRAME_TOOL_RESULT:
    return frame->id.len > 0 ? 0 : miss(f, type, "toolCallId");
  case FRAME_APPROVAL: {
    enum json_kind kind = json_kind(json_get(root, "approved"));
    if (kind != JSON_TRUE && kind != JSON_FALSE)
      return miss(f, type, "approved");
    return frame->id.len > 0 ? 0 : miss(f, type, "approvalId");
  }
  case FRAME_USER_MESSAGE:
    return json_kind(json_get(root, "text")) == JSON_STRING ? 0 : miss(f, type, "text");
  case FRAME_RESUME:
    return json_whole(json_get(root, "lastSeenEventId"), UINT64_MAX, &ignored)
               ? 0
               : miss(f, type, "lastSeenEventId");
  default:
    return 0;
  }
}

int bridge_frame_read(struct span text, struct bridge_frame *frame, struct fault *f)
{
  static const char *const raw[] = {"output",     "toolResult",     "tools",
                                    "mcpServers", "responseFormat", NULL};
  static const struct json_rules rules = {.raw = raw};
  *frame = (struct bridge_frame){.doc = json_parse(text, &rules, f)};
  if (!frame->doc)
    return -1;
  json_at root = json_root(frame->doc);
  struct span type = json_member_text(frame->doc, root, "type");
  if (type.len == 0)
    return fault_set(f, FAULT_BAD_INPUT, "a frame is a JSON object with a type");
  for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
    if (span_is(type, verbs[i].name))
      frame->type = verbs[i].type;
  frame->id = id_of(frame->doc, root);
  frame->json = json_raw(json_get(root, "output"));
  if (frame->json.len == 0)
    frame->json = SPAN_LITERAL("null");
  frame->yes = json_kind(json_get(root, "isError")) == JSON_TRUE ||
               json_kind(json_get(root, "approved")) == JSON_TRUE;
  if (frame->type == FRAME_USER_MESSAGE || frame->type == FRAME_APPROVAL)
    frame->text = json_member_text(frame->doc, root,
                                   frame->type == FRAME_APPROVAL ? "reason" : "text");
  if (frame->type == FRAME_START)
    frame->text = text;
  (void)json_whole(json_get(root, "lastSeenEventId"), UINT64_MAX, &frame->number);
  return check(frame, root, type, f);
}

void bridge_frame_free(struct bridge_frame *frame)
{
  json_free(frame->doc);
  *frame = (struct bridge_frame){0};
}
