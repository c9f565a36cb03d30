/* SPDX-License-Identifier: MIT */
/* http_answer.c - an answer is written by hand, header for header, in the order it is
 * given: what a client or a test sees is what stands here.  Header names are lower case
 * throughout. */
#include "http/http_answer.h"

#include "http/http_header.h"

static const struct {
  int status;
  const char *reason;
} reasons[] = {
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

static const char *reason_of(int status)
{
  for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
    if (reasons[i].status == status)
      return reasons[i].reason;
  return "Status"; /* any text will do, and none may not */
}

void http_answer_put_header(struct buf *out, const struct http_header *header)
{
  buf_add(out, header->name);
  buf_add_text(out, ": ");
  http_header_put_value(out, header->value, ' ');
  buf_add_text(out, "\r\n");
}

void http_answer_put_head(struct buf *out, const struct http_answer *answer)
{
  buf_add_text(out, "HTTP/1.1 ");
  buf_add_number(out, answer->status);
  buf_add_char(out, ' ');
  buf_add_text(out, reason_of(answer->status));
  buf_add_text(out, "\r\n");
  if (answer->content_type)
    http_answer_put_header(out, &(struct http_header){SPAN_LITERAL("content-type"),
                                                      span_of(answer->content_type)});
  for (size_t i = 0; i < answer->header_count; i++)
    http_answer_put_header(out, &answer->headers[i]);
}

void http_answer_put_connection(struct buf *out, bool close, int minor)
{
  if (close)
    buf_add_text(out, "connection: close\r\n");
  else if (minor == 0)
    buf_add_text(out, "connection: keep-alive\r\n");
}

void http_answer_put_length(struct buf *out, size_t len)
{
  buf_add_text(out, "content-length: ");
  buf_add_number(out, (long long)len);
  buf_add_text(out, "\r\n");
}

bool http_answer_has_body(int status)
{
  return status >= 200 && status != 204 && status != 304;
}

/* This runs for every event of a stream, so it is not left to printf. */
void http_answer_put_chunk_head(struct buf *out, size_t len)
{
  char text[2 * sizeof len + 2];
  size_t at = sizeof text;
  text[--at] = '\n';
  text[--at] = '\r';
  for (; len > 0; len >>= 4)
    text[--at] = "0123456789abcdef"[len & 15];
  buf_add(out, (struct span){text + at, sizeof text - at});
}
