/* SPDX-License-Identifier: MIT */
/* ws_frame.h - the framing of a WebSocket (RFC 6455), the server's side of it.  Pure.
 *
 * The reader takes what a client sent, in pieces of any size, and makes text messages,
 * pings, pongs and the close of it; however the bytes are cut, the same comes out.  It
 * fails on what no client may send (1002): a frame without a mask, a reserved bit or
 * opcode, a length that is longer written than it has to be or has its highest bit set, a
 * control frame in fragments or of more than 125 bytes, a continuation of nothing, a new
 * message inside another, a close with one byte or with a code that nobody may send.  A
 * binary message is 1003, text or a reason that is not UTF-8 is 1007, and a message over
 * the reader's limit is 1009 as soon as a head says so: memory is taken only for bytes
 * that came.  */
#ifndef HTTP_WS_FRAME_H
#define HTTP_WS_FRAME_H

#include "base/buf.h"

#include <stdint.h>

enum { /* codes of a close */
       WS_NORMAL = 1000,
       WS_GOING_AWAY = 1001,
       WS_PROTOCOL_ERROR = 1002,
       WS_UNSUPPORTED = 1003,
       WS_NO_CODE = 1005, /* only told, never sent: the client's close had no code */
       WS_BROKEN = 1006, /* only told, never sent: the connection ended without a close */
       WS_NOT_UTF8 = 1007,
       WS_POLICY = 1008,
       WS_TOO_BIG = 1009,
       WS_INTERNAL_ERROR = 1011
};

enum ws_opcode {
  WS_CONTINUATION = 0,
  WS_TEXT = 1,
  WS_BINARY = 2,
  WS_CLOSE = 8,
  WS_PING = 9,
  WS_PONG = 10
};

enum { WS_CONTROL_BYTES = 125 }; /* the most in a control frame */

/* After CLOSE and FAILED nothing more is read. */
enum ws_frame_event {
  WS_FRAME_MORE, /* all was taken, and nothing is whole yet */
  WS_FRAME_TEXT, /* a message: ws_frame_payload() */
  WS_FRAME_PING, /* to be answered with the same payload */
  WS_FRAME_PONG,
  WS_FRAME_CLOSE, /* ws_frame_code(); the payload is the reason */
  WS_FRAME_FAILED /* ws_frame_code() to close with; the payload says why */
};

struct ws_frame_reader {
  struct buf message; /* what came of it, unmasked; its ceiling is the limit */
  char control[WS_CONTROL_BYTES];
  unsigned char head[14];   /* of the frame being read */
  unsigned head_len;        /* bytes of it that came */
  uint64_t left;            /* bytes of its payload that are to come */
  unsigned control_len;     /* of the control frame being read */
  unsigned mask_at;         /* which byte of the mask is next */
  bool in_message;          /* a fragment came that was not the last */
  bool message_told;        /* its memory is the next read's */
  enum ws_frame_event last; /* CLOSE or FAILED stays */
  unsigned code;
  struct span payload; /* in `message`, in `control`, or a literal */
};

struct ws_frame_reader ws_frame_reader_make(size_t message_bytes);
void ws_frame_reader_free(struct ws_frame_reader *r); /* wipes: messages hold secrets */
/* Reads up to the next event, and returns how many bytes it took; with MORE all of them.
 * Call again with the rest. */
size_t ws_frame_read(struct ws_frame_reader *r, struct span bytes,
                     enum ws_frame_event *event);
/* Of the last event; valid until the next read. */
struct span ws_frame_payload(const struct ws_frame_reader *r);
unsigned ws_frame_code(const struct ws_frame_reader *r);

/* Appends one whole frame, unmasked as a server's are. */
void ws_frame_put(struct buf *out, enum ws_opcode opcode, struct span payload);
/* Appends what a close carries; WS_NO_CODE: nothing.  A reason that is too long is
 * cut. */
void ws_frame_put_code(struct buf *payload, unsigned code, struct span reason);

#endif
