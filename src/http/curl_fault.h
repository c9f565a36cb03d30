/* SPDX-License-Identifier: MIT */
/* curl_fault.h - what a failed transfer means to whoever asked for it, in few words; for
 * http_client.c only.
 *
 * FAULT_TIMEOUT, FAULT_TOO_BIG (the answer passed the ceiling), else FAULT_UPSTREAM.  */
#ifndef HTTP_CURL_FAULT_H
#define HTTP_CURL_FAULT_H

#include "base/fault.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

struct curl_fault_facts {
  const char *detail; /* curl's own text; "" or NULL: none */
  unsigned connect_ms, total_ms;
  size_t answer_ceiling;
};

/* Always -1. */
int curl_fault_set(struct fault *f, CURL *easy, CURLcode result,
                   const struct curl_fault_facts *facts);
/* False: certainly no byte of the request was handed to the kernel or to TLS, in none of
 * curl's own attempts. */
bool curl_fault_maybe_sent(CURL *easy);

#endif
