/* SPDX-License-Identifier: MIT */
#include "io/curl_loop.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

#define TIMER_AGAIN_MS 10 /* when curl could not do what its timer was for */

struct watcher { /* one socket of curl's */
  uv_poll_t poll;
  struct curl_loop *loop;
  curl_socket_t socket;
};

static void socket_ready(uv_poll_t *poll, int status, int events)
{
  struct watcher *w = poll->data;
  struct curl_loop *l = w->loop;
  int flags = status < 0 ? CURL_CSELECT_ERR : 0, running;
  if (events & UV_READABLE)
    flags |= CURL_CSELECT_IN;
  if (events & UV_WRITABLE)
    flags |= CURL_CSELECT_OUT;
  curl_multi_socket_action(l->multi, w->socket, flags, &running);
  l->on_action(l->who);
}

static void watcher_closed(uv_handle_t *handle)
{
  free(handle->data);
}

static int unwatched(struct curl_loop *l, CURL *easy)
{
  l->on_unwatched(l->who, easy);
  return 0;
}

static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *who,
                        void *known)
{
  struct curl_loop *l = who;
  struct watcher *w = known;
  if (what == CURL_POLL_REMOVE) {
    if (!w)
      return 0;
    curl_multi_assign(l->multi, socket, NULL);
    uv_poll_stop(&w->poll);
    uv_close((uv_handle_t *)&w->poll, watcher_closed);
    return 0;
  }
  if (!w) {
    w = mem_new(sizeof *w);
    *w = (struct watcher){.loop = l, .socket = socket};
    w->poll.data = w;
    if (uv_poll_init(l->timer.loop, &w->poll, socket) < 0) {
      free(w);
      return unwatched(l, easy);
    }
    if (curl_multi_assign(l->multi, socket, w) != CURLM_OK) {
      uv_close((uv_handle_t *)&w->poll, watcher_closed);
      return unwatched(l, easy);
    }
  }
  int events =
      (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
  bool watched = uv_poll_start(&w->poll, events, socket_ready) == 0;
  return watched ? 0 : unwatched(l, easy);
}

static void timer_fires(uv_timer_t *timer)
{
  struct curl_loop *l = timer->data;
  int running;
  CURLMcode r = curl_multi_socket_action(l->multi, CURL_SOCKET_TIMEOUT, 0, &running);
  /* curl sets its timer anew from inside only; a lost one would be waited for for ever.
   */
  if (r != CURLM_OK && !uv_is_active((uv_handle_t *)timer))
    uv_timer_start(timer, timer_fires, TIMER_AGAIN_MS, 0);
  l->on_action(l->who);
}

static int set_timer(CURLM *multi, long ms, void *who)
{
  (void)multi;
  struct curl_loop *l = who;
  if (ms < 0)
    uv_timer_stop(&l->timer);
  else
    uv_timer_start(&l->timer, timer_fires, (uint64_t)ms, 0); /* 0 too: not from inside */
  return 0;
}

int curl_loop_open(struct curl_loop *l, struct uv_loop_s *loop)
{
  CURLMcode bad = CURLM_OK;
  l->multi = curl_multi_init();
  if (!l->multi)
    return -1;
  bad |= curl_multi_setopt(l->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
  bad |= curl_multi_setopt(l->multi, CURLMOPT_SOCKETDATA, l);
  bad |= curl_multi_setopt(l->multi, CURLMOPT_TIMERFUNCTION, set_timer);
  bad |= curl_multi_setopt(l->multi, CURLMOPT_TIMERDATA, l);
  bad |= curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS, (long)LIMIT_TOOL_CONNECTIONS);
  if (bad != CURLM_OK) {
    curl_multi_cleanup(l->multi);
    return -1;
  }
  uv_timer_init(loop, &l->timer); /* cannot fail */
  l->timer.data = l;
  return 0;
}

static void timer_closed(uv_handle_t *handle)
{
  struct curl_loop *l = handle->data;
  l->on_closed(l->who);
}

void curl_loop_close(struct curl_loop *l)
{
  curl_multi_cleanup(l->multi);
  uv_close((uv_handle_t *)&l->timer, timer_closed);
}
