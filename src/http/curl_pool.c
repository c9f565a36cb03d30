/* SPDX-License-Identifier: MIT */
/* curl_pool.c - a handle goes back as it is: only what one request set and the next might
 * not is undone by whoever takes it. */
#include "curl_pool.h"

static int set_up(const struct curl_pool *p, CURL *e)
{
  CURLcode bad = CURLE_OK;
  bad |= curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
  bad |= curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
  bad |= curl_easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L);
  bad |= curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  bad |= curl_easy_setopt(e, CURLOPT_TCP_NODELAY, 1L);
  bad |= curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
  bad |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 1L);
  bad |= curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 2L);
  bad |= curl_easy_setopt(e, CURLOPT_MAXAGE_CONN, (long)LIMIT_CLIENT_IDLE_MS / 1000);
  bad |= curl_easy_setopt(e, CURLOPT_UPLOAD_BUFFERSIZE, (long)LIMIT_CLIENT_UPLOAD_BYTES);
  if (p->ca_file)
    bad |= curl_easy_setopt(e, CURLOPT_CAINFO, p->ca_file);
  return bad == CURLE_OK ? curl_loop_adopt(p->loop, e) : -1;
}

CURL *curl_pool_take(struct curl_pool *p)
{
  if (p->count > 0)
    return p->idle[--p->count];
  CURL *easy = curl_easy_init();
  if (easy && set_up(p, easy) < 0) {
    curl_easy_cleanup(easy);
    return NULL;
  }
  return easy;
}

void curl_pool_give(struct curl_pool *p, CURL *easy)
{
  if (!easy)
    return;
  if (p->count == LIMIT_CLIENT_IDLE_HANDLES) {
    curl_easy_cleanup(easy);
    return;
  }
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL); /* the one that curl may write to */
  p->idle[p->count++] = easy;
}

void curl_pool_empty(struct curl_pool *p)
{
  while (p->count > 0)
    curl_easy_cleanup(p->idle[--p->count]);
}
