/* SPDX-License-Identifier: MIT */
/* session_message.c - the data of a message stays a slice of its text until it is
 * decoded.  */
#include "session_message.h"

#include "base/base64.h"
#include "base/json.h"
#include "base/utf8.h"

static int read_message(const struct json *doc, enum session_message_kind *kind,
                        struct buf *bytes, struct fault *f)
{
  json_at root = json_root(doc);
  struct span type = json_member_text(doc, root, "type");
  if (json_kind(root) != JSON_OBJECT)
    return fault_set(f, FAULT_BAD_INPUT, "it is no object");
  *kind = span_is(type, "stdinEnd")   ? SESSION_STDIN_END
          : span_is(type, "shutdown") ? SESSION_SHUTDOWN
          : span_is(type, "stdin")    ? SESSION_STDIN
                                      : SESSION_OTHER;
  if (*kind != SESSION_STDIN)
    return 0;
  json_at data = json_get(root, "data");
  if (json_kind(data) != JSON_STRING ||
      !base64_decode(json_text(doc, data, (struct span){0}), false, bytes))
    return fault_set(f, FAULT_BAD_INPUT, "its data is no base64");
  return 0;
}

int session_message_read(struct span text, enum session_message_kind *kind,
                         struct buf *bytes, struct fault *f)
{
  if (span_trim(text).len == 0)
    return fault_set(f, FAULT_BAD_INPUT, "stdin file is empty");
  if (!utf8_valid(text))
    return fault_set(f, FAULT_BAD_INPUT, "it is not UTF-8");
  struct json *doc = json_parse(text, NULL, f);
  int failed = doc ? read_message(doc, kind, bytes, f) : -1;
  json_free(doc);
  return failed;
}
