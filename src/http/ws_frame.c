/* SPDX-License-Identifier: MIT */
/* ws_frame.c - from the top: the head of a frame, its payload, what is whole, and the
 * writing half. */
#include "http/ws_frame.h"

#include "base/limits.h"
#include "base/utf8.h"

#include <string.h>

#define FIN      0x80u
#define RESERVED 0x70u
#define OPCODE   0x0fu
#define MASK     0x80u
#define LENGTH   0x7fu
#define IN_16    126u /* the length stands in the next two bytes */
#define IN_64    127u /* … in the next eight */

struct ws_frame_reader ws_frame_reader_make(size_t message_bytes)
{
  return (struct ws_frame_reader){.message = buf_make(message_bytes)};
}

void ws_frame_reader_free(struct ws_frame_reader *r)
{
  buf_wipe(&r->message);
  memset(r->control, 0, sizeof r->control);
}

static enum ws_frame_event fail(struct ws_frame_reader *r, unsigned code, const char *why)
{
  r->code = code;
  r->payload = span_of(why);
  return r->last = WS_FRAME_FAILED;
}

/* -- the head -- */

static unsigned opcode_of(const struct ws_frame_reader *r)
{
  return r->head[0] & OPCODE;
}

static bool is_control(const struct ws_frame_reader *r)
{
  return opcode_of(r) >= WS_CLOSE;
}

static bool is_last(const struct ws_frame_reader *r)
{
  return (r->head[0] & FIN) != 0;
}

static unsigned length_size(unsigned short_length)
{
  return short_length == IN_64 ? 8 : short_length == IN_16 ? 2 : 0;
}

/* How long this head is, as far as its first bytes tell. */
static unsigned head_size(const struct ws_frame_reader *r)
{
  return r->head_len < 2 ? 2 : 2 + length_size(r->head[1] & LENGTH) + 4;
}

/* What the first two bytes already say. */
static enum ws_frame_event check_start(struct ws_frame_reader *r)
{
  unsigned opcode = opcode_of(r);
  if (r->head[0] & RESERVED)
    return fail(r, WS_PROTOCOL_ERROR, "a reserved bit is set");
  if (opcode > WS_PONG || (opcode > WS_BINARY && opcode < WS_CLOSE))
    return fail(r, WS_PROTOCOL_ERROR, "a reserved opcode");
  if (!(r->head[1] & MASK))
    return fail(r, WS_PROTOCOL_ERROR, "a frame without a mask");
  if (is_control(r) && !is_last(r))
    return fail(r, WS_PROTOCOL_ERROR, "a control frame in fragments");
  if (is_control(r) && (r->head[1] & LENGTH) > WS_CONTROL_BYTES)
    return fail(r, WS_PROTOCOL_ERROR, "a control frame of more than 125 bytes");
  if (opcode == WS_CONTINUATION && !r->in_message)
    return fail(r, WS_PROTOCOL_ERROR, "a continuation of nothing");
  if ((opcode == WS_TEXT || opcode == WS_BINARY) && r->in_message)
    return fail(r, WS_PROTOCOL_ERROR, "a message inside another");
  if (opcode == WS_BINARY)
    return fail(r, WS_UNSUPPORTED, "binary messages are not understood");
  return WS_FRAME_MORE;
}

/* The whole head is there. */
static enum ws_frame_event check_length(struct ws_frame_reader *r)
{
  unsigned size = length_size(r->head[1] & LENGTH);
  uint64_t length = size == 0 ? r->head[1] & LENGTH : 0;
  for (unsigned i = 0; i < size; i++)
    length = length << 8 | r->head[2 + i];
  if ((size == 2 && length < IN_16) || (size == 8 && length <= UINT16_MAX))
    return fail(r, WS_PROTOCOL_ERROR,
                "a length that is written longer than it has to be");
  if (length > INT64_MAX)
    return fail(r, WS_PROTOCOL_ERROR, "a length with its highest bit set");
  if (!is_control(r) && length > r->message.ceiling - r->message.len)
    return fail(r, WS_TOO_BIG, "a message over the limit");
  r->left = length;
  r->mask_at = 0;
  r->control_len = 0;
  return WS_FRAME_MORE;
}

static size_t read_head(struct ws_frame_reader *r, struct span bytes,
                        enum ws_frame_event *event)
{
  size_t taken = 0;
  while (taken < bytes.len && r->head_len < head_size(r)) {
    r->head[r->head_len++] = (unsigned char)bytes.at[taken++];
    if (r->head_len == 2 && (*event = check_start(r)) != WS_FRAME_MORE)
      return taken;
  }
  if (r->head_len == head_size(r))
    *event = check_length(r);
  return taken;
}

static bool has_head(const struct ws_frame_reader *r)
{
  return r->head_len >= 2 && r->head_len == head_size(r);
}

/* -- the payload -- */

/* The mask is the last four bytes of the head.  It is turned so that it begins with the
 * byte that is due, and lies twice in a row: so the loop is one that compilers widen. */
static void unmask(struct ws_frame_reader *r, char *to, struct span from)
{
  const unsigned char *mask = r->head + head_size(r) - 4;
  unsigned char turned[16];
  for (unsigned i = 0; i < sizeof turned; i++)
    turned[i] = mask[(r->mask_at + i) & 3];
  size_t i = 0;
  for (; i + sizeof turned <= from.len; i += sizeof turned)
    for (unsigned j = 0; j < sizeof turned; j++)
      to[i + j] = (char)((unsigned char)from.at[i + j] ^ turned[j]);
  for (; i < from.len; i++)
    to[i] = (char)((unsigned char)from.at[i] ^ turned[i & 3]);
  r->mask_at = (unsigned)((r->mask_at + from.len) & 3);
}

static size_t read_payload(struct ws_frame_reader *r, struct span bytes)
{
  size_t n = bytes.len < r->left ? bytes.len : (size_t)r->left;
  if (n == 0)
    return 0;
  bytes.len = n;
  if (is_control(r)) {
    unmask(r, r->control + r->control_len, bytes);
    r->control_len += (unsigned)n;
  } else {
    unmask(r, buf_reserve(&r->message, n), bytes); /* check_length() saw to the room */
    buf_grew(&r->message, n);
  }
  r->left -= n;
  return n;
}

/* -- what is whole -- */

static bool may_be_sent(unsigned code)
{
  return (code >= 1000 && code <= 1014 && code != 1004 && code != WS_NO_CODE &&
          code != WS_BROKEN) ||
         (code >= 3000 && code <= 4999);
}

static enum ws_frame_event end_close(struct ws_frame_reader *r)
{
  struct span payload = {r->control, r->control_len};
  if (payload.len == 1)
    return fail(r, WS_PROTOCOL_ERROR, "a close with half a code");
  r->code = WS_NO_CODE;
  if (payload.len > 0) {
    r->code =
        (unsigned)((unsigned char)payload.at[0] << 8 | (unsigned char)payload.at[1]);
    payload = span_after(payload, 2);
    if (!may_be_sent(r->code))
      return fail(r, WS_PROTOCOL_ERROR, "a close with a code that is never sent");
    if (!utf8_valid(payload))
      return fail(r, WS_NOT_UTF8, "a reason that is not UTF-8");
  }
  r->payload = payload;
  return r->last = WS_FRAME_CLOSE;
}

static enum ws_frame_event end_frame(struct ws_frame_reader *r)
{
  unsigned opcode = opcode_of(r);
  bool last = is_last(r);
  memset(r->head, 0, sizeof r->head);
  r->head_len = 0;
  if (opcode == WS_CLOSE)
    return end_close(r);
  if (opcode == WS_PING || opcode == WS_PONG) {
    r->payload = (struct span){r->control, r->control_len};
    return opcode == WS_PING ? WS_FRAME_PING : WS_FRAME_PONG;
  }
  r->in_message = !last;
  if (!last)
    return WS_FRAME_MORE;
  r->payload = buf_span(&r->message);
  if (!utf8_valid(r->payload))
    return fail(r, WS_NOT_UTF8, "text that is not UTF-8");
  r->message_told = true;
  return WS_FRAME_TEXT;
}

/* A buffer that was stretched by one big message is not kept. */
static void forget_message(struct ws_frame_reader *r)
{
  if (!r->message_told)
    return;
  r->message_told = false;
  if (r->message.capacity > LIMIT_SINK_LOW_BYTES)
    buf_free(&r->message);
  else
    buf_clear(&r->message);
}

size_t ws_frame_read(struct ws_frame_reader *r, struct span bytes,
                     enum ws_frame_event *event)
{
  size_t taken = 0;
  forget_message(r);
  r->payload = (struct span){0};
  *event = r->last;
  while (*event == WS_FRAME_MORE) {
    if (!has_head(r))
      taken += read_head(r, span_after(bytes, taken), event);
    if (*event != WS_FRAME_MORE || !has_head(r))
      break;
    taken += read_payload(r, span_after(bytes, taken));
    if (r->left > 0)
      break;
    *event = end_frame(r);
  }
  return taken;
}

struct span ws_frame_payload(const struct ws_frame_reader *r)
{
  return r->payload;
}

unsigned ws_frame_code(const struct ws_frame_reader *r)
{
  return r->code;
}

/* -- writing -- */

void ws_frame_put(struct buf *out, enum ws_opcode opcode, struct span payload)
{
  char head[10] = {(char)(FIN | opcode)};
  unsigned size = payload.len < IN_16 ? 0 : payload.len <= UINT16_MAX ? 2 : 8;
  head[1] = (char)(size == 0 ? payload.len : size == 2 ? IN_16 : IN_64);
  for (unsigned i = 0; i < size; i++)
    head[2 + i] = (char)((uint64_t)payload.len >> (8 * (size - 1 - i)) & 0xff);
  buf_add(out, (struct span){head, 2 + size});
  buf_add(out, payload);
}

void ws_frame_put_code(struct buf *payload, unsigned code, struct span reason)
{
  char bytes[2] = {(char)(code >> 8), (char)(code & 0xff)};
  if (code == WS_NO_CODE)
    return;
  buf_add(payload, (struct span){bytes, sizeof bytes});
  buf_add(payload, span_cut_utf8(reason, WS_CONTROL_BYTES - sizeof bytes));
}
