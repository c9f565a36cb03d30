/* SPDX-License-Identifier: MIT */
/* answer.c - the headers that follow from a status, in one place for all answers.  */
#include "door/http/answer.h"

#include "http/http_server.h"

void answer_text(struct http_exchange *x, int status, const char *type, struct span text)
{
  struct http_answer a = {.status = status, .content_type = type};
  struct http_header retry = {SPAN_LITERAL("retry-after"), SPAN_LITERAL("1")};
  if (status == 503 || status == 409) {
    a.headers = &retry;
    a.header_count = 1;
  }
  struct http_header challenge = {SPAN_LITERAL("www-authenticate"),
                                  SPAN_LITERAL("Bearer")};
  if (status == 401) {
    a.headers = &challenge;
    a.header_count = 1;
  }
  http_reply(x, &a, text);
}

void answer_fault(struct http_exchange *x, const struct fault *f)
{
  answer_text(x, fault_http_status(f->kind), "text/plain", span_of(f->text));
}
