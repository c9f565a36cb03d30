/* SPDX-License-Identifier: MIT */
/* A frame is refused with a text or read, whatever a host sends; a start that is read
 * becomes a request that the request's reader can be asked about, or is refused. */
#include "door/bridge/bridge_frame.h"

#include "base/arena.h"
#include "door/bridge/bridge_request.h"

#include <stdlib.h>
#include <string.h>

static volatile unsigned sum;

static void must(bool kept)
{
  if (!kept)
    abort();
}

static void touch(struct span s)
{
  for (size_t i = 0; i < s.len; i++)
    sum += (unsigned char)s.at[i];
}

static void make_request(struct span start)
{
  struct bridge_request_setup setup = {SPAN_LITERAL("h"), SPAN_LITERAL("r"),
                                       SPAN_LITERAL("t"), SPAN_LITERAL("s")};
  struct buf request = buf_make(SIZE_MAX), warnings = buf_make(SIZE_MAX);
  struct fault f = {0};
  if (bridge_request_write(start, &setup, &request, &warnings, &f) == 0) {
    struct json *doc = json_parse(buf_span(&request), NULL, &f);
    must(doc || f.kind == FAULT_TOO_BIG || f.kind == FAULT_BAD_INPUT);
    json_free(doc);
  } else {
    must(f.text[0] != 0);
  }
  buf_free(&request);
  buf_free(&warnings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct bridge_frame frame;
  struct fault f = {0};
  int read = bridge_frame_read((struct span){(const char *)data, size}, &frame, &f);
  must(read == 0 || f.text[0] != 0);
  if (read == 0) {
    touch(frame.id);
    touch(frame.text);
    touch(frame.json);
    must(frame.json.len > 0);
    if (frame.type == FRAME_START)
      make_request(frame.text);
  }
  bridge_frame_free(&frame);
  arena_forget_all();
  return 0;
}
