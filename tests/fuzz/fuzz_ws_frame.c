/* SPDX-License-Identifier: MIT */
/* However the input is cut, the same messages, pings and end come out of it.  First byte:
 * the size of a piece; the rest: what a client sent. */
#include "http/ws_frame.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <stdint.h>
#include <stdlib.h>

#define MOST ((size_t)1000) /* bytes of a message */

static void note(struct buf *out, enum ws_frame_event event,
                 const struct ws_frame_reader *r)
{
  struct span payload = ws_frame_payload(r);
  if (event == WS_FRAME_TEXT ? payload.len > MOST : payload.len > WS_CONTROL_BYTES)
    abort();
  if ((event == WS_FRAME_TEXT || event == WS_FRAME_CLOSE) && !utf8_valid(payload))
    abort();
  buf_addf(out, "%d %u %zu ", (int)event, ws_frame_code(r), payload.len);
  buf_add(out, payload);
  buf_add_char(out, '\n');
}

static struct buf tell(struct span bytes, size_t step)
{
  struct buf out = buf_make(16 * (size_t)MIB);
  struct ws_frame_reader r = ws_frame_reader_make(MOST);
  while (bytes.len > 0) {
    struct span piece = {bytes.at, bytes.len < step ? bytes.len : step};
    enum ws_frame_event event;
    size_t taken = ws_frame_read(&r, piece, &event);
    if (taken > piece.len || (event == WS_FRAME_MORE && taken < piece.len))
      abort();
    if (event != WS_FRAME_MORE)
      note(&out, event, &r);
    if (event == WS_FRAME_CLOSE || event == WS_FRAME_FAILED)
      break;
    bytes = span_after(bytes, taken);
  }
  ws_frame_reader_free(&r);
  return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  struct span text = {(const char *)data + 1, size - 1};
  struct buf whole = tell(text, SIZE_MAX), pieces = tell(text, (size_t)data[0] + 1),
             bytes = tell(text, 1);
  if (!span_equal(buf_span(&whole), buf_span(&pieces)) ||
      !span_equal(buf_span(&whole), buf_span(&bytes)))
    abort();
  buf_free(&whole);
  buf_free(&pieces);
  buf_free(&bytes);
  return 0;
}
