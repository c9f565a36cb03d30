/* SPDX-License-Identifier: MIT */
/* wrap.c - see wrap.h.  The linker puts these before the functions of libuv and libcurl
 * that can fail (tests/meson.build has --wrap for each); those that cannot, by their
 * documentation, are not here. */
#include "wrap.h"

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#undef curl_easy_setopt
#undef curl_multi_setopt
#undef curl_easy_getinfo

static unsigned calls, fail_at;
static const char *failed;

void wrap_arm(unsigned nth)
{
  calls = 0;
  fail_at = nth;
  failed = NULL;
}

const char *wrap_disarm(void)
{
  fail_at = 0;
  return failed;
}

static bool fails(const char *name)
{
  if (fail_at == 0 || ++calls != fail_at)
    return false;
  failed = name;
  if (getenv("TORTURE_TRACE"))
    fprintf(stderr, "call %u, %s, fails\n", calls, name);
  return true;
}

/* What libuv calls inside it is its own business. */
int __real_uv_loop_init(uv_loop_t *loop);
int __wrap_uv_loop_init(uv_loop_t *loop);
int __wrap_uv_loop_init(uv_loop_t *loop)
{
  if (fails("uv_loop_init"))
    return UV_EMFILE;
  unsigned nth = fail_at;
  fail_at = 0;
  int r = __real_uv_loop_init(loop);
  fail_at = nth;
  return r;
}

int __real_uv_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd);
int __wrap_uv_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd);
int __wrap_uv_poll_init(uv_loop_t *loop, uv_poll_t *poll, int fd)
{
  return fails("uv_poll_init") ? UV_EPERM : __real_uv_poll_init(loop, poll, fd);
}

int __real_uv_poll_start(uv_poll_t *poll, int events, uv_poll_cb cb);
int __wrap_uv_poll_start(uv_poll_t *poll, int events, uv_poll_cb cb);
int __wrap_uv_poll_start(uv_poll_t *poll, int events, uv_poll_cb cb)
{
  return fails("uv_poll_start") ? UV_EEXIST : __real_uv_poll_start(poll, events, cb);
}

int __real_uv_pipe_open(uv_pipe_t *pipe, uv_file fd);
int __wrap_uv_pipe_open(uv_pipe_t *pipe, uv_file fd);
int __wrap_uv_pipe_open(uv_pipe_t *pipe, uv_file fd)
{
  return fails("uv_pipe_open") ? UV_EINVAL : __real_uv_pipe_open(pipe, fd);
}

int __real_uv_read_start(uv_stream_t *s, uv_alloc_cb capacity, uv_read_cb cb);
int __wrap_uv_read_start(uv_stream_t *s, uv_alloc_cb capacity, uv_read_cb cb);
int __wrap_uv_read_start(uv_stream_t *s, uv_alloc_cb capacity, uv_read_cb cb)
{
  return fails("uv_read_start") ? UV_ENOTCONN : __real_uv_read_start(s, capacity, cb);
}

int __real_uv_write(uv_write_t *w, uv_stream_t *s, const uv_buf_t bufs[], unsigned n,
                    uv_write_cb cb);
int __wrap_uv_write(uv_write_t *w, uv_stream_t *s, const uv_buf_t bufs[], unsigned n,
                    uv_write_cb cb);
int __wrap_uv_write(uv_write_t *w, uv_stream_t *s, const uv_buf_t bufs[], unsigned n,
                    uv_write_cb cb)
{
  return fails("uv_write") ? UV_ENOMEM : __real_uv_write(w, s, bufs, n, cb);
}

int __real_uv_try_write(uv_stream_t *s, const uv_buf_t bufs[], unsigned n);
int __wrap_uv_try_write(uv_stream_t *s, const uv_buf_t bufs[], unsigned n);
int __wrap_uv_try_write(uv_stream_t *s, const uv_buf_t bufs[], unsigned n)
{
  return fails("uv_try_write") ? UV_EPIPE : __real_uv_try_write(s, bufs, n);
}

int __real_uv_shutdown(uv_shutdown_t *r, uv_stream_t *s, uv_shutdown_cb cb);
int __wrap_uv_shutdown(uv_shutdown_t *r, uv_stream_t *s, uv_shutdown_cb cb);
int __wrap_uv_shutdown(uv_shutdown_t *r, uv_stream_t *s, uv_shutdown_cb cb)
{
  return fails("uv_shutdown") ? UV_ENOTCONN : __real_uv_shutdown(r, s, cb);
}

int __real_uv_listen(uv_stream_t *s, int backlog, uv_connection_cb cb);
int __wrap_uv_listen(uv_stream_t *s, int backlog, uv_connection_cb cb);
int __wrap_uv_listen(uv_stream_t *s, int backlog, uv_connection_cb cb)
{
  return fails("uv_listen") ? UV_EADDRINUSE : __real_uv_listen(s, backlog, cb);
}

int __real_uv_tcp_bind(uv_tcp_t *tcp, const struct sockaddr *to, unsigned flags);
int __wrap_uv_tcp_bind(uv_tcp_t *tcp, const struct sockaddr *to, unsigned flags);
int __wrap_uv_tcp_bind(uv_tcp_t *tcp, const struct sockaddr *to, unsigned flags)
{
  return fails("uv_tcp_bind") ? UV_EACCES : __real_uv_tcp_bind(tcp, to, flags);
}

int __real_uv_tcp_getsockname(const uv_tcp_t *tcp, struct sockaddr *name, int *size);
int __wrap_uv_tcp_getsockname(const uv_tcp_t *tcp, struct sockaddr *name, int *size);
int __wrap_uv_tcp_getsockname(const uv_tcp_t *tcp, struct sockaddr *name, int *size)
{
  return fails("uv_tcp_getsockname") ? UV_ENOBUFS
                                     : __real_uv_tcp_getsockname(tcp, name, size);
}

int __real_uv_tcp_getpeername(const uv_tcp_t *tcp, struct sockaddr *name, int *size);
int __wrap_uv_tcp_getpeername(const uv_tcp_t *tcp, struct sockaddr *name, int *size);
int __wrap_uv_tcp_getpeername(const uv_tcp_t *tcp, struct sockaddr *name, int *size)
{
  return fails("uv_tcp_getpeername") ? UV_ENOTCONN
                                     : __real_uv_tcp_getpeername(tcp, name, size);
}

int __real_uv_tcp_nodelay(uv_tcp_t *tcp, int on);
int __wrap_uv_tcp_nodelay(uv_tcp_t *tcp, int on);
int __wrap_uv_tcp_nodelay(uv_tcp_t *tcp, int on)
{
  return fails("uv_tcp_nodelay") ? UV_EINVAL : __real_uv_tcp_nodelay(tcp, on);
}

int __real_uv_tcp_keepalive(uv_tcp_t *tcp, int on, unsigned delay);
int __wrap_uv_tcp_keepalive(uv_tcp_t *tcp, int on, unsigned delay);
int __wrap_uv_tcp_keepalive(uv_tcp_t *tcp, int on, unsigned delay)
{
  return fails("uv_tcp_keepalive") ? UV_EINVAL : __real_uv_tcp_keepalive(tcp, on, delay);
}

int __real_uv_tcp_close_reset(uv_tcp_t *tcp, uv_close_cb cb);
int __wrap_uv_tcp_close_reset(uv_tcp_t *tcp, uv_close_cb cb);
int __wrap_uv_tcp_close_reset(uv_tcp_t *tcp, uv_close_cb cb)
{
  return fails("uv_tcp_close_reset") ? UV_EINVAL : __real_uv_tcp_close_reset(tcp, cb);
}

int __real_uv_signal_init(uv_loop_t *loop, uv_signal_t *s);
int __wrap_uv_signal_init(uv_loop_t *loop, uv_signal_t *s);
int __wrap_uv_signal_init(uv_loop_t *loop, uv_signal_t *s)
{
  return fails("uv_signal_init") ? UV_EMFILE : __real_uv_signal_init(loop, s);
}

int __real_uv_signal_start(uv_signal_t *s, uv_signal_cb cb, int number);
int __wrap_uv_signal_start(uv_signal_t *s, uv_signal_cb cb, int number);
int __wrap_uv_signal_start(uv_signal_t *s, uv_signal_cb cb, int number)
{
  return fails("uv_signal_start") ? UV_EINVAL : __real_uv_signal_start(s, cb, number);
}

int __real_uv_fileno(const uv_handle_t *h, uv_os_fd_t *fd);
int __wrap_uv_fileno(const uv_handle_t *h, uv_os_fd_t *fd);
int __wrap_uv_fileno(const uv_handle_t *h, uv_os_fd_t *fd)
{
  return fails("uv_fileno") ? UV_EBADF : __real_uv_fileno(h, fd);
}

/* It has taken the connection, else the listener would wait with it for ever. */
int __real_uv_accept(uv_stream_t *listener, uv_stream_t *s);
int __wrap_uv_accept(uv_stream_t *listener, uv_stream_t *s);
int __wrap_uv_accept(uv_stream_t *listener, uv_stream_t *s)
{
  int r = __real_uv_accept(listener, s);
  return fails("uv_accept") ? UV_EMFILE : r;
}

/* A failed one has made the handle, which then has to be closed. */
int __real_uv_spawn(uv_loop_t *loop, uv_process_t *p, const uv_process_options_t *o);
int __wrap_uv_spawn(uv_loop_t *loop, uv_process_t *p, const uv_process_options_t *o);
int __wrap_uv_spawn(uv_loop_t *loop, uv_process_t *p, const uv_process_options_t *o)
{
  uv_process_options_t none = *o;
  none.file = "/no/such/program";
  bool fail = fails("uv_spawn");
  unsigned nth = fail_at;
  fail_at = 0;
  int r = __real_uv_spawn(loop, p, fail ? &none : o);
  fail_at = nth;
  return r;
}

CURLcode __real_curl_global_init(long flags);
CURLcode __wrap_curl_global_init(long flags);
CURLcode __wrap_curl_global_init(long flags)
{
  return fails("curl_global_init") ? CURLE_FAILED_INIT : __real_curl_global_init(flags);
}

CURLM *__real_curl_multi_init(void);
CURLM *__wrap_curl_multi_init(void);
CURLM *__wrap_curl_multi_init(void)
{
  return fails("curl_multi_init") ? NULL : __real_curl_multi_init();
}

CURL *__real_curl_easy_init(void);
CURL *__wrap_curl_easy_init(void);
CURL *__wrap_curl_easy_init(void)
{
  return fails("curl_easy_init") ? NULL : __real_curl_easy_init();
}

CURLMcode __real_curl_multi_add_handle(CURLM *m, CURL *e);
CURLMcode __wrap_curl_multi_add_handle(CURLM *m, CURL *e);
CURLMcode __wrap_curl_multi_add_handle(CURLM *m, CURL *e)
{
  return fails("curl_multi_add_handle") ? CURLM_OUT_OF_MEMORY
                                        : __real_curl_multi_add_handle(m, e);
}

CURLMcode __real_curl_multi_socket_action(CURLM *m, curl_socket_t s, int events,
                                          int *running);
CURLMcode __wrap_curl_multi_socket_action(CURLM *m, curl_socket_t s, int events,
                                          int *running);
CURLMcode __wrap_curl_multi_socket_action(CURLM *m, curl_socket_t s, int events,
                                          int *running)
{
  return fails("curl_multi_socket_action")
             ? CURLM_INTERNAL_ERROR
             : __real_curl_multi_socket_action(m, s, events, running);
}

CURLU *__real_curl_url(void);
CURLU *__wrap_curl_url(void);
CURLU *__wrap_curl_url(void)
{
  return fails("curl_url") ? NULL : __real_curl_url();
}

CURLUcode __real_curl_url_set(CURLU *u, CURLUPart part, const char *text, unsigned flags);
CURLUcode __wrap_curl_url_set(CURLU *u, CURLUPart part, const char *text, unsigned flags);
CURLUcode __wrap_curl_url_set(CURLU *u, CURLUPart part, const char *text, unsigned flags)
{
  return fails("curl_url_set") ? CURLUE_OUT_OF_MEMORY
                               : __real_curl_url_set(u, part, text, flags);
}

CURLUcode __real_curl_url_get(const CURLU *u, CURLUPart part, char **text,
                              unsigned flags);
CURLUcode __wrap_curl_url_get(const CURLU *u, CURLUPart part, char **text,
                              unsigned flags);
CURLUcode __wrap_curl_url_get(const CURLU *u, CURLUPart part, char **text, unsigned flags)
{
  return fails("curl_url_get") ? CURLUE_OUT_OF_MEMORY
                               : __real_curl_url_get(u, part, text, flags);
}

/* One argument more, of the size of a pointer whatever it is. */

CURLcode __real_curl_easy_setopt(CURL *e, CURLoption what, ...);
CURLcode __wrap_curl_easy_setopt(CURL *e, CURLoption what, ...);
CURLcode __wrap_curl_easy_setopt(CURL *e, CURLoption what, ...)
{
  va_list rest;
  va_start(rest, what);
  void *value = va_arg(rest, void *);
  va_end(rest);
  return fails("curl_easy_setopt") ? CURLE_OUT_OF_MEMORY
                                   : __real_curl_easy_setopt(e, what, value);
}

CURLcode __real_curl_easy_getinfo(CURL *e, CURLINFO what, ...);
CURLcode __wrap_curl_easy_getinfo(CURL *e, CURLINFO what, ...);
CURLcode __wrap_curl_easy_getinfo(CURL *e, CURLINFO what, ...)
{
  va_list rest;
  va_start(rest, what);
  void *value = va_arg(rest, void *);
  va_end(rest);
  return fails("curl_easy_getinfo") ? CURLE_UNKNOWN_OPTION
                                    : __real_curl_easy_getinfo(e, what, value);
}

CURLMcode __real_curl_multi_setopt(CURLM *e, CURLMoption what, ...);
CURLMcode __wrap_curl_multi_setopt(CURLM *e, CURLMoption what, ...);
CURLMcode __wrap_curl_multi_setopt(CURLM *e, CURLMoption what, ...)
{
  va_list rest;
  va_start(rest, what);
  void *value = va_arg(rest, void *);
  va_end(rest);
  return fails("curl_multi_setopt") ? CURLM_UNKNOWN_OPTION
                                    : __real_curl_multi_setopt(e, what, value);
}
