/* SPDX-License-Identifier: MIT */
/* curl_loop.h - libcurl's multi interface driven by the loop; for http_client.c only.
 *
 * One poll handle for each socket of curl's, one timer.  A connection that waits for its
 * next request stays watched as it was, since curl asks for the same again at once and
 * each change costs a system call.  If the server speaks on it meanwhile, it is not
 * watched again before curl asks.  A waiting connection keeps no loop running.
 *
 * Nothing of curl is called from inside its callbacks.  The callbacks here come from the
 * loop, not from inside these calls, but for on_unwatched, which only takes note.  */
#ifndef HTTP_CURL_LOOP_H
#define HTTP_CURL_LOOP_H

#include <curl/curl.h>
#include <stdbool.h>
#include <uv.h>

struct curl_loop {
  CURLM *multi;
  uv_timer_t timer;
  struct watcher *watchers;
  /* Set by the owner before curl_loop_open(). */
  void (*on_action)(void *who); /* something moved: look at curl_multi_info_read() */
  /* The socket of this transfer cannot be watched: end it, on a later turn.  (Telling
   * curl so would end all there ever are.) */
  void (*on_unwatched)(void *who, CURL *easy);
  void (*on_closed)(void *who); /* once */
  void *who;
};

int curl_loop_open(struct curl_loop *l, struct uv_loop_s *loop); /* -1: nothing is open */
/* For each easy handle, before it is added to the multi handle: without it the
 * connections it makes are watched only while curl asks.  The loop outlives those
 * connections.  -1: curl takes no option. */
int curl_loop_adopt(struct curl_loop *l, CURL *easy);
/* No easy handle is in it any more.  The watchers of its sockets close by themselves. */
void curl_loop_close(struct curl_loop *l);

#endif
