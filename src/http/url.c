/* SPDX-License-Identifier: MIT */
/* url.c - libcurl takes the URL apart, so that what is let in here is what it will
 * understand when it is called. */
#include "http/url.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

static bool begins(struct span url, const char *with)
{
  size_t n = strlen(with);
  return url.len > n && span_is_nocase((struct span){url.at, n}, with);
}

int url_check(struct span url, struct fault *f)
{
  char *text = span_copy(url), *user = NULL, *host = NULL;
  CURLU *u = curl_url();
  int r = 0;
  if (!begins(url, "http://") && !begins(url, "https://"))
    r = fault_set(f, FAULT_BAD_INPUT, "must begin with http:// or https://");
  else if (strlen(text) != url.len || begins(url, "http:///") ||
           begins(url, "https:///") ||
           curl_url_set(u, CURLUPART_URL, text, 0) != CURLUE_OK ||
           curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK)
    r = fault_set(f, FAULT_BAD_INPUT, "is not a URL");
  else if (curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK)
    r = fault_set(f, FAULT_BAD_INPUT, "must not hold a user name or password");
  curl_free(user);
  curl_free(host);
  curl_url_cleanup(u);
  free(text);
  return r;
}
