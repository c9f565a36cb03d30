/* SPDX-License-Identifier: MIT */
/* cors.c - an origin is compared as a whole: browsers spell it in one way only.  */
#include "door/http/cors.h"

#include "door/http/routes.h"
#include "http/http_server.h"

#include <string.h>

static struct span next_origin(struct span *rest)
{
  const char *comma = memchr(rest->at, ',', rest->len);
  struct span one = {rest->at, comma ? (size_t)(comma - rest->at) : rest->len};
  *rest = span_after(*rest, comma ? one.len + 1 : one.len);
  return span_trim(one);
}

/* scheme://host, and nothing behind it. */
static bool is_origin(struct span s)
{
  const char *colon = s.len ? memchr(s.at, ':', s.len) : NULL;
  if (!colon || colon == s.at ||
      !span_starts(span_after(s, (size_t)(colon - s.at)), "://"))
    return false;
  struct span host = span_after(s, (size_t)(colon - s.at) + 3);
  for (size_t i = 0; i < s.len; i++)
    if (s.at[i] <= ' ' || (s.at[i] >= 'A' && s.at[i] <= 'Z'))
      return false;
  return host.len > 0 && !memchr(host.at, '/', host.len);
}

int cors_check(const char *list, bool has_token, struct fault *f)
{
  for (struct span rest = span_of(list); rest.len > 0;) {
    struct span one = next_origin(&rest);
    if (span_is(one, "*") && !has_token)
      return fault_set(f, FAULT_BAD_INPUT,
                       "--allow-origin * without a token would let every web page start "
                       "agents: give --token-file or RUNLET_TOKEN");
    if (!span_is(one, "*") && !is_origin(one))
      return fault_set(f, FAULT_BAD_INPUT,
                       "--allow-origin: \"%.*s\" is no origin, such as "
                       "https://app.example or http://localhost:3000",
                       SPAN_ARG(span_cut_utf8(one, 100)));
  }
  return 0;
}

bool cors_allows(const char *list, struct span origin)
{
  for (struct span rest = span_of(list); rest.len > 0 && origin.len > 0;) {
    struct span one = next_origin(&rest);
    if (span_is(one, "*") || span_equal(one, origin))
      return true;
  }
  return false;
}

bool cors_admit(const char *list, struct http_exchange *x, bool *answered)
{
  const struct http_request *r = http_exchange_request(x);
  struct span origin = http_request_header(r, "origin"),
              method = http_request_header(r, "access-control-request-method");
  bool asks = span_is(r->method, "OPTIONS") && method.len > 0;
  *answered = false;
  if (!cors_allows(list, origin) || !routes_is_for_pages(r, asks ? method : r->method))
    return false;
  const struct http_header headers[] = {
      {SPAN_LITERAL("access-control-allow-origin"), origin},
      {SPAN_LITERAL("vary"), SPAN_LITERAL("origin")},
      {SPAN_LITERAL("access-control-expose-headers"),
       SPAN_LITERAL("x-runlet-first-seq, x-runlet-known-run")}};
  for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
    http_exchange_add_header(x, &headers[i]);
  *answered = asks;
  if (!asks)
    return true;
  const struct http_header more[] = {
      {SPAN_LITERAL("access-control-allow-methods"), SPAN_LITERAL("GET, POST")},
      {SPAN_LITERAL("access-control-allow-headers"),
       SPAN_LITERAL("authorization, content-type, last-event-id, x-run-id")},
      {SPAN_LITERAL("access-control-max-age"), SPAN_LITERAL("600")}};
  struct http_answer a = {
      .status = 204, .headers = more, .header_count = sizeof more / sizeof *more};
  http_reply(x, &a, (struct span){0});
  return true;
}
