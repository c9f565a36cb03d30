/* SPDX-License-Identifier: MIT */
/* curl_fault.c - libcurl's own texts name its options and its functions.  Where a cause
 * is one of the few that a user can do something about, it gets our words. */
#include "curl_fault.h"

#include "base/buf.h"

#include <errno.h>
#include <stdio.h>
#include <uv.h>

#define DETAIL_BYTES 200 /* of curl's own text */

bool curl_fault_maybe_sent(CURL *easy)
{
  long bytes = 0;
  return curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &bytes) != CURLE_OK || bytes > 0;
}

static int timed_out(struct fault *f, CURL *easy, const struct curl_fault_facts *facts)
{
  bool connecting = !curl_fault_maybe_sent(easy) && facts->connect_ms > 0 &&
                    (facts->total_ms == 0 || facts->connect_ms < facts->total_ms);
  if (connecting)
    return fault_set(f, FAULT_TIMEOUT, "no connection within %u ms", facts->connect_ms);
  return fault_set(f, FAULT_TIMEOUT, "timed out after %u ms", facts->total_ms);
}

static int not_connected(struct fault *f, CURL *easy)
{
  long os = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os);
  if (os == 0 || os == ECONNREFUSED)
    return fault_set(f, FAULT_UPSTREAM, "connection refused");
  return fault_set(f, FAULT_UPSTREAM, "cannot connect: %s", uv_strerror(-(int)os));
}

int curl_fault_set(struct fault *f, CURL *easy, CURLcode result,
                   const struct curl_fault_facts *facts)
{
  struct span trimmed = span_trim(span_of(facts->detail)); /* mbedTLS ends its with \n */
  const char *detail = trimmed.at;
  int len = trimmed.len < DETAIL_BYTES ? (int)trimmed.len : DETAIL_BYTES;
  char number[40]; /* of curl.h's list: its own words for them are left out */
  if (len == 0) {
    len = snprintf(number, sizeof number, "libcurl's error %d", (int)result);
    detail = number;
  }
  switch (result) {
  case CURLE_WRITE_ERROR: /* our callback took no more */
  case CURLE_FILESIZE_EXCEEDED:
    return fault_set(f, FAULT_TOO_BIG, "the answer is larger than %zu bytes",
                     facts->answer_ceiling);
  case CURLE_OPERATION_TIMEDOUT:
    return timed_out(f, easy, facts);
  case CURLE_COULDNT_RESOLVE_HOST:
    return fault_set(f, FAULT_UPSTREAM, "the host name cannot be resolved");
  case CURLE_COULDNT_CONNECT:
    return not_connected(f, easy);
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CACERT_BADFILE:
    return fault_set(f, FAULT_UPSTREAM, "the TLS certificate is not trusted: %.*s", len,
                     detail);
  case CURLE_SEND_FAIL_REWIND: /* curl wanted to send it again: see http_client.h */
  case CURLE_SEND_ERROR:
  case CURLE_RECV_ERROR:
  case CURLE_GOT_NOTHING:
  case CURLE_PARTIAL_FILE:
    return fault_set(f, FAULT_UPSTREAM,
                     "the connection was closed before the answer was complete");
  default:
    return fault_set(f, FAULT_UPSTREAM, "%.*s", len, detail);
  }
}
