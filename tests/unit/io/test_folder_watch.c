/* SPDX-License-Identifier: MIT */
#include "io/folder_watch.h"

#include "base/buf.h"
#include "io/loop.h"
#include "scratch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct heard {
  struct folder_watch *w;
  struct buf names; /* "<watch>:<name> " */
  unsigned ready, lost;
};

static void on_ready(void *who)
{
  struct heard *h = who;
  h->ready++;
}

static void on_name(void *who, int watch, const char *name)
{
  struct heard *h = who;
  buf_addf(&h->names, "%d:%s ", watch, name);
}

static void on_lost(void *who)
{
  struct heard *h = who;
  h->lost++;
}

static const struct folder_watch_calls calls = {on_ready, on_name, on_lost};

static int watch(struct heard *h, const char *path)
{
  int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int number = folder_watch_add(h->w, fd);
  close(fd);
  return number;
}

static void test_folder_watch__news_wait_until_they_are_fetched(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fault f = {0};
  struct uv_loop_s *loop = loop_new(&f);
  struct heard h = {.names = buf_make(1 << 20)};
  h.w = folder_watch_open(loop, &calls, &h, &f);
  assert_non_null(h.w);
  int top = watch(&h, s.folder);
  assert_true(top > 0);
  assert_int_equal(mkdir(scratch_path(&s, "in"), 0755), 0);
  int in = watch(&h, scratch_path(&s, "in"));
  assert_true(in > 0 && in != top);
  folder_watch_wait(h.w);
  scratch_write(&s, "in/a", 0644, "x");
  assert_int_equal(rename(s.path, "/nowhere/at/all"), -1);
  while (h.ready == 0)
    uv_run(loop, UV_RUN_ONCE);
  scratch_write(&s, "in/b", 0644, "x");
  uv_run(loop, UV_RUN_NOWAIT);
  assert_int_equal(h.ready, 1); /* nobody waits for more */
  assert_int_equal(h.names.len, 0);
  assert_false(folder_watch_read(h.w)); /* that was all */
  char expected[200];
  snprintf(expected, sizeof expected, "%d:in %d:a %d:a %d:a %d:b %d:b %d:b ", top, in, in,
           in, in, in, in);
  assert_string_equal(buf_cstring(&h.names), expected); /* made, written, closed */
  buf_clear(&h.names);
  folder_watch_remove(h.w, in);
  scratch_write(&s, "in/c", 0644, "x");
  assert_false(folder_watch_read(h.w));
  assert_int_equal(h.names.len, 0);
  assert_int_equal(folder_watch_add(h.w, -1), -1);
  assert_int_equal(h.lost, 0);
  folder_watch_close(h.w);
  folder_watch_close(NULL);
  assert_true(loop_free(loop));
  buf_free(&h.names);
  scratch_remove(&s);
}

static void test_folder_watch__that_news_were_lost_is_told(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fault f = {0};
  struct uv_loop_s *loop = loop_new(&f);
  struct heard h = {.names = buf_make(64 << 20)};
  h.w = folder_watch_open(loop, &calls, &h, &f);
  assert_true(watch(&h, s.folder) > 0);
  FILE *most = fopen("/proc/sys/fs/inotify/max_queued_events", "re");
  unsigned events = 0;
  assert_true(most && fscanf(most, "%u", &events) == 1);
  fclose(most);
  for (unsigned i = 0; i < events / 2 + 2; i++) { /* made and deleted, never the same */
    char name[30];
    snprintf(name, sizeof name, "f%u", i);
    const char *path = scratch_path(&s, name);
    close(open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0644));
    unlink(path);
  }
  while (folder_watch_read(h.w))
    ;
  assert_int_equal(h.lost, 1);
  folder_watch_close(h.w);
  assert_true(loop_free(loop));
  buf_free(&h.names);
  scratch_remove(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_folder_watch__news_wait_until_they_are_fetched),
      cmocka_unit_test(test_folder_watch__that_news_were_lost_is_told),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
