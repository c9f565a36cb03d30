#!/bin/sh
# SPDX-License-Identifier: MIT
# libuv 1.44.2 (and 1.50.0, built from source): closing a poll handle that was stopped long ago takes another handle out
# of the loop's epoll set, and that one then hears nothing for ever.
#
# The manual of uv_poll_t lets the user close the descriptor as soon as uv_poll_stop() or uv_close() was called.
# After uv_poll_stop() and close() the kernel gives the same number to the next descriptor, which another poll handle (or
# a pipe, a TCP stream) then watches.  A uv_close() of the first handle, whenever it comes, removes that number from the
# epoll set once more.  libuv still counts the second handle as active, returns no error, and never adds it again.
# In a server it shows as one connection in thousands that hangs.  Closing the descriptor behind uv_close() is safe.
#
# Expected: the second handle hears its event in both orders.
#
# Seen:
#   uv_close() before close(): the second handle heard 1 of 1
#   uv_poll_stop() before close(), uv_close() later: the second handle heard 0 of 1
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
chmod 755 .
apt-get download -q libuv1-dev=1.44.2-1+deb12u1 >log 2>&1 && dpkg-deb -x libuv1-dev_*.deb root || {
  cat log >&2
  echo 'the package could not be had (it is of Debian 12)' >&2
  exit 2
}

cat >probe.c <<'EOF'
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <uv.h>

static unsigned heard;

static void on_event(uv_poll_t *poll, int status, int events)
{
  eventfd_t n;
  (void)status, (void)events;
  eventfd_read(*(int *)poll->data, &n);
  heard++;
}

static void on_time(uv_timer_t *timer)
{
  uv_stop(timer->loop);
}

static void run_ms(uv_loop_t *loop, unsigned ms)
{
  static uv_timer_t timer;
  uv_timer_init(loop, &timer);
  uv_timer_start(&timer, on_time, ms, 0);
  uv_run(loop, UV_RUN_DEFAULT);
  uv_close((uv_handle_t *)&timer, NULL);
  uv_run(loop, UV_RUN_NOWAIT);
}

static unsigned heard_by_second(int late)
{
  uv_loop_t loop;
  uv_poll_t first, second;
  int a = eventfd(0, EFD_CLOEXEC), b;
  heard = 0;
  uv_loop_init(&loop);
  uv_poll_init(&loop, &first, a);
  first.data = &a;
  uv_poll_start(&first, UV_READABLE, on_event);
  run_ms(&loop, 5);
  if (late) {
    uv_poll_stop(&first);
  } else {
    uv_close((uv_handle_t *)&first, NULL);
  }
  close(a);
  b = eventfd(0, EFD_CLOEXEC);
  if (a != b)
    return 99;
  uv_poll_init(&loop, &second, b);
  second.data = &b;
  uv_poll_start(&second, UV_READABLE, on_event);
  run_ms(&loop, 5);
  if (late)
    uv_close((uv_handle_t *)&first, NULL);
  eventfd_write(b, 1);
  run_ms(&loop, 200);
  uv_close((uv_handle_t *)&second, NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
  close(b);
  return heard;
}

int main(void)
{
  fprintf(stderr, "libuv %s\n", uv_version_string());
  printf("uv_close() before close(): the second handle heard %u of 1\n", heard_by_second(0));
  printf("uv_poll_stop() before close(), uv_close() later: the second handle heard %u of 1\n", heard_by_second(1));
  return 0;
}
EOF
gcc -Iroot/usr/include -o probe probe.c "$(find root -name 'libuv*.a')" -lpthread -ldl -lrt
./probe >seen
cat seen
cat >before <<'EOF'
uv_close() before close(): the second handle heard 1 of 1
uv_poll_stop() before close(), uv_close() later: the second handle heard 0 of 1
EOF
cmp -s before seen || {
  echo 'this is not what was seen before' >&2
  exit 1
}
