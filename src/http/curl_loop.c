/* SPDX-License-Identifier: MIT */
/* curl_loop.c - libcurl asks for a socket to be watched or let go of many times in a
 * request; what it asks is only noted, and brought to the kernel when it makes a
 * difference. */
#include "curl_loop.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>
#include <unistd.h>

#define TIMER_AGAIN_MS 10 /* when curl could not do what its timer was for */

struct watcher { /* one socket of curl's */
  uv_poll_t poll;
  struct curl_loop *loop;
  struct watcher *next;
  curl_socket_t socket;
  bool is_connection; /* goes with its socket; else when curl says so */
  bool is_polled;     /* `poll` is open */
  int wanted, polled; /* events: what curl asks for, what is looked for */
};

static struct watcher *watcher_of(const struct curl_loop *l, curl_socket_t socket)
{
  struct watcher *w = l->watchers;
  while (w && w->socket != socket)
    w = w->next;
  return w;
}

static struct watcher *watcher_new(struct curl_loop *l, curl_socket_t socket)
{
  struct watcher *w = mem_new(sizeof *w);
  *w = (struct watcher){.loop = l, .socket = socket, .next = l->watchers};
  w->poll.data = w;
  l->watchers = w;
  return w;
}

static void watcher_closed(uv_handle_t *handle)
{
  free(handle->data);
}

static void watcher_drop(struct watcher *w)
{
  struct watcher **at = &w->loop->watchers;
  while (*at != w)
    at = &(*at)->next;
  *at = w->next;
  if (w->is_polled)
    uv_close((uv_handle_t *)&w->poll, watcher_closed);
  else
    free(w);
}

static void socket_ready(uv_poll_t *poll, int status, int events)
{
  struct watcher *w = poll->data;
  struct curl_loop *l = w->loop;
  int flags = status < 0 ? CURL_CSELECT_ERR : 0, running;
  if (w->wanted == 0) { /* an idle connection: its next use will see what it is */
    uv_poll_stop(poll);
    w->polled = 0;
    return;
  }
  if (events & UV_READABLE)
    flags |= CURL_CSELECT_IN;
  if (events & UV_WRITABLE)
    flags |= CURL_CSELECT_OUT;
  curl_multi_socket_action(l->multi, w->socket, flags, &running);
  l->on_action(l->who);
}

/* What rests keeps no loop running. */
static void let_rest(struct watcher *w)
{
  w->wanted = 0;
  if (w->is_polled)
    uv_unref((uv_handle_t *)&w->poll);
}

static bool look_for(struct watcher *w, int events)
{
  w->wanted = events;
  if (w->is_polled)
    uv_ref((uv_handle_t *)&w->poll);
  if (events == w->polled)
    return true;
  if (!w->is_polled)
    w->is_polled = uv_poll_init(w->loop->timer.loop, &w->poll, w->socket) == 0;
  bool started = w->is_polled && uv_poll_start(&w->poll, events, socket_ready) == 0;
  w->polled = started ? events : 0;
  return started;
}

static int watch_socket(CURL *easy, curl_socket_t socket, int what, void *who,
                        void *unused)
{
  (void)unused;
  struct curl_loop *l = who;
  struct watcher *w = watcher_of(l, socket);
  if (what == CURL_POLL_REMOVE) {
    if (w && w->is_connection)
      let_rest(w);
    else if (w)
      watcher_drop(w);
    return 0;
  }
  if (!w)
    w = watcher_new(l, socket);
  int events =
      (what & CURL_POLL_IN ? UV_READABLE : 0) | (what & CURL_POLL_OUT ? UV_WRITABLE : 0);
  if (!look_for(w, events))
    l->on_unwatched(l->who, easy);
  return 0;
}

/* curl calls this for connections only.  Any other descriptor that it wants watched it
 * closes without a call, so that one's watcher goes when curl says REMOVE. */
static int socket_made(void *who, curl_socket_t socket, curlsocktype purpose)
{
  (void)purpose;
  watcher_new(who, socket)->is_connection = true;
  return CURL_SOCKOPT_OK;
}

static int close_socket(void *who, curl_socket_t socket)
{
  struct watcher *w = watcher_of(who, socket);
  if (w)
    watcher_drop(w);
  return close(socket);
}

int curl_loop_adopt(struct curl_loop *l, CURL *easy)
{
  CURLcode bad = CURLE_OK;
  bad |= curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, socket_made);
  bad |= curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, l);
  bad |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
  bad |= curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, l);
  return bad == CURLE_OK ? 0 : -1;
}

static void timer_fires(uv_timer_t *timer)
{
  struct curl_loop *l = timer->data;
  int running;
  CURLMcode r = curl_multi_socket_action(l->multi, CURL_SOCKET_TIMEOUT, 0, &running);
  /* curl sets its timer anew only from inside of this call: else none would come. */
  if (r != CURLM_OK && !uv_is_active((uv_handle_t *)timer))
    uv_timer_start(timer, timer_fires, TIMER_AGAIN_MS, 0);
  l->on_action(l->who);
}

static int set_timer(CURLM *multi, long ms, void *who)
{
  (void)multi;
  struct curl_loop *l = who;
  if (ms < 0) {
    uv_timer_stop(&l->timer);
  } else {
    /* 0 goes by the timer too: curl must not be called from inside its own callback. */
    uv_timer_start(&l->timer, timer_fires, (uint64_t)ms, 0);
  }
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
