/* SPDX-License-Identifier: MIT */
#include "workspace/session_files.h"

#include "base/limits.h"
#include "request/session_archive.h"
#include "scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ID "0123456789-id"
static const char *const paths[] = {"p/{w}/{i}.jsonl", "p/{w}/{i}/a-*.jsonl", NULL};
static const struct session_store store = {.id = "agent",
                                           .paths = paths,
                                           .folder = SESSION_DASHES,
                                           .folders = "p",
                                           .version = "version",
                                           .place = "cwd"};

static struct scratch scratch;
static char root[128];
static struct session_place place;
static struct buf archive;
static struct fault fault;

static int open_scratch(void **state)
{
  (void)state;
  scratch = scratch_make();
  (void)strcpy(root, scratch_path(&scratch, "root"));
  archive = buf_make(LIMIT_ARCHIVE_BYTES);
  fault = (struct fault){0};
  place = (struct session_place){.store = &store,
                                 .root = root,
                                 .workspace = SPAN_LITERAL("/w"),
                                 .id = SPAN_LITERAL(ID)};
  return 0;
}

static int close_scratch(void **state)
{
  (void)state;
  buf_free(&archive);
  scratch_remove(&scratch);
  return 0;
}

static void make_folders(void)
{
  assert_int_equal(mkdir(root, 0755), 0);
  assert_int_equal(mkdir(scratch_path(&scratch, "root/p"), 0755), 0);
  assert_int_equal(mkdir(scratch_path(&scratch, "root/p/-w"), 0755), 0);
  assert_int_equal(mkdir(scratch_path(&scratch, "root/p/-w/" ID), 0755), 0);
}

static void put(const char *name, const char *text)
{
  (void)scratch_write(&scratch, name, 0600, text);
}

static void is(const char *name, const char *text)
{
  char *there = scratch_read(&scratch, name);
  assert_non_null(there);
  assert_string_equal(there, text);
  free(there);
}

static void collects(void)
{
  buf_clear(&archive);
  if (session_files_collect(&place, &archive, &fault) < 0)
    fail_msg("%s", fault.text);
}

static bool holds(const char *words)
{
  return memmem(archive.at, archive.len, words, strlen(words)) != NULL;
}

static void test_session_files__a_session_comes_to_another_workspace(void **state)
{
  (void)state;
  make_folders();
  put("root/p/-w/" ID ".jsonl", "{\"cwd\":\"/w\",\"version\":\"1.2\"}\n");
  put("root/p/-w/" ID "/a-1.jsonl", "{\"cwd\":\"/w/x\"}\n");
  collects();
  assert_true(holds("\"agentVersion\":\"1.2\""));
  struct buf first = buf_make(LIMIT_ARCHIVE_BYTES);
  buf_add(&first, buf_span(&archive));
  collects(); /* the same session, the same bytes */
  assert_true(span_equal(buf_span(&first), buf_span(&archive)));
  buf_free(&first);
  (void)strcpy(root, scratch_path(&scratch, "other"));
  place.workspace = SPAN_LITERAL("/else where");
  for (int i = 0; i < 2; i++) /* what is there just so is no harm */
    if (session_files_bring(&place, buf_span(&archive), &fault) < 0)
      fail_msg("%s", fault.text);
  is("other/p/-else-where/" ID ".jsonl",
     "{\"cwd\":\"/else where\",\"version\":\"1.2\"}\n");
  is("other/p/-else-where/" ID "/a-1.jsonl", "{\"cwd\":\"/else where/x\"}\n");
  struct stat s;
  assert_int_equal(stat(scratch_path(&scratch, "other/p/-else-where/" ID ".jsonl"), &s),
                   0);
  assert_int_equal(s.st_mode & 0777, 0600);
}

static void test_session_files__credentials_links_and_second_names_stay_out(void **state)
{
  (void)state;
  make_folders();
  put("root/.credentials.json", "PLANTED");
  put("root/settings.json", "PLANTED");
  put("root/p/-w/.credentials.json", "PLANTED");
  put("root/p/-w/" ID ".jsonl", "{}\n");
  put("root/p/-w/" ID "/auth.json", "PLANTED");
  put("root/p/-w/" ID "/.a-1.jsonl", "PLANTED");
  assert_int_equal(symlink(root, scratch_path(&scratch, "root/p/-w/" ID "/a-2.jsonl")),
                   0);
  assert_int_equal(symlink("../../../.credentials.json",
                           scratch_path(&scratch, "root/p/-w/" ID "/a-3.jsonl")),
                   0);
  char planted[200];
  (void)strcpy(planted, scratch_path(&scratch, "root/.credentials.json"));
  assert_int_equal(link(planted, scratch_path(&scratch, "root/p/-w/" ID "/a-4.jsonl")),
                   0);
  assert_int_equal(mkfifo(scratch_path(&scratch, "root/p/-w/" ID "/a-5.jsonl"), 0600), 0);
  collects();
  assert_false(holds("PLANTED"));
  assert_int_equal(archive.len, 2 * 512 + 2 * 512 + 2 * 512);
}

static void test_session_files__what_is_another_users_stays_out(void **state)
{
  (void)state;
  const struct files_owner another = {getuid() + 1, getgid() + 1};
  make_folders();
  put("root/p/-w/" ID ".jsonl", "{}\n");
  place.owner = &another;
  assert_int_equal(session_files_collect(&place, &archive, &fault), -1);
  assert_int_equal(fault.kind, FAULT_FORBIDDEN);
  if (getuid() != 0)
    return; /* the rest gives files away */
  assert_int_equal(chown(root, another.uid, another.gid), 0);
  assert_int_equal(session_files_collect(&place, &archive, &fault), -1);
  assert_int_equal(fault.kind, FAULT_UNKNOWN);
  assert_int_equal(
      chown(scratch_path(&scratch, "root/p/-w/" ID ".jsonl"), another.uid, another.gid),
      0);
  collects();
  assert_true(holds("{}"));
  (void)strcpy(root, scratch_path(&scratch, "other"));
  if (session_files_bring(&place, buf_span(&archive), &fault) < 0)
    fail_msg("%s", fault.text);
  const char *const made[] = {"other", "other/p", "other/p/-w",
                              "other/p/-w/" ID ".jsonl"};
  for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
    struct stat s;
    assert_int_equal(stat(scratch_path(&scratch, made[i]), &s), 0);
    assert_int_equal(s.st_uid, another.uid);
  }
}

static void test_session_files__what_a_command_has_written_is_wrapped(void **state)
{
  (void)state;
  const struct session_store by_script = {
      .id = "agent", .version = "version", .export_script = "exit"};
  place.store = &by_script;
  assert_int_equal(mkdir(root, 0755), 0);
  assert_int_equal(session_files_wrap(&place, "session.json", &archive, &fault), -1);
  put("root/other", "PLANTED");
  assert_int_equal(symlink("other", scratch_path(&scratch, "root/session.json")), 0);
  assert_int_equal(session_files_wrap(&place, "session.json", &archive, &fault), -1);
  assert_int_equal(unlink(scratch_path(&scratch, "root/session.json")), 0);
  put("root/session.json", "{\"info\":{\"id\":\"" ID "\",\"version\":\"1.18\"}}");
  assert_int_equal(session_files_wrap(&place, "session.json", &archive, &fault), 0);
  assert_true(holds("\"agentVersion\":\"1.18\""));
  struct session_archive read;
  assert_int_equal(session_archive_read(buf_span(&archive), &by_script, &read, &fault),
                   0);
  session_archive_free(&read);
}

static void test_session_files__no_session_is_unknown(void **state)
{
  (void)state;
  assert_int_equal(session_files_collect(&place, &archive, &fault), -1);
  assert_int_equal(fault.kind, FAULT_UNKNOWN);
  make_folders();
  assert_int_equal(session_files_collect(&place, &archive, &fault), -1);
  assert_int_equal(fault.kind, FAULT_UNKNOWN);
}

static void bring_two(void)
{
  const struct session_archive head = {.session_id = SPAN_LITERAL(ID),
                                       .workspace = SPAN_LITERAL("/w")};
  buf_clear(&archive);
  session_archive_begin(&store, &head, &archive);
  assert_true(ustar_add(&archive, SPAN_LITERAL("p/workspace/" ID ".jsonl"),
                        SPAN_LITERAL("{\"new\":1}\n")));
  assert_true(ustar_add(&archive, SPAN_LITERAL("p/workspace/" ID "/a-1.jsonl"),
                        SPAN_LITERAL("{\"new\":2}\n")));
  ustar_end(&archive);
}

static void
test_session_files__nothing_is_overwritten_and_then_nothing_written(void **state)
{
  (void)state;
  make_folders();
  put("root/p/-w/" ID "/a-1.jsonl", "{\"old\":2}\n"); /* the last one */
  bring_two();
  assert_int_equal(session_files_bring(&place, buf_span(&archive), &fault), -1);
  assert_int_equal(fault.kind, FAULT_CONFLICT);
  assert_non_null(strstr(fault.text, "a-1.jsonl"));
  is("root/p/-w/" ID "/a-1.jsonl", "{\"old\":2}\n");
  assert_false(scratch_has(&scratch, "root/p/-w/" ID ".jsonl"));
}

static void test_session_files__no_link_is_written_through(void **state)
{
  (void)state;
  make_folders();
  assert_int_equal(mkdir(scratch_path(&scratch, "outside"), 0755), 0);
  assert_int_equal(rmdir(scratch_path(&scratch, "root/p/-w/" ID)), 0);
  assert_int_equal(symlink("../../../outside", scratch_path(&scratch, "root/p/-w/" ID)),
                   0);
  bring_two();
  assert_int_equal(session_files_bring(&place, buf_span(&archive), &fault), -1);
  assert_int_equal(scratch_count(&scratch, "outside"), 0);
  assert_false(scratch_has(&scratch, "root/p/-w/" ID ".jsonl"));
}

static void test_session_files__what_was_written_is_taken_back_when_it_fails(void **state)
{
  (void)state;
  if (getuid() == 0)
    return; /* no folder is closed to root */
  make_folders();
  assert_int_equal(chmod(scratch_path(&scratch, "root/p/-w/" ID), 0500), 0);
  bring_two();
  assert_int_equal(session_files_bring(&place, buf_span(&archive), &fault), -1);
  assert_false(scratch_has(&scratch, "root/p/-w/" ID ".jsonl"));
}

static void test_session_files__a_folder_that_has_no_mark_gets_one(void **state)
{
  (void)state;
  struct session_store marked = store;
  marked.folder = SESSION_MARKED;
  place.store = &marked;
  bring_two();
  if (session_files_bring(&place, buf_span(&archive), &fault) < 0)
    fail_msg("%s", fault.text);
  struct buf name = buf_make(KIB);
  buf_add_text(&name, "root/p/");
  session_store_folder(&marked, place.workspace, &name);
  buf_add_text(&name, "/.project_root");
  is(buf_cstring(&name), "/w");
  buf_free(&name);
  buf_clear(&archive);
  collects();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_scratch, close_scratch)
  const struct CMUnitTest tests[] = {
      TEST(test_session_files__a_session_comes_to_another_workspace),
      TEST(test_session_files__credentials_links_and_second_names_stay_out),
      TEST(test_session_files__what_is_another_users_stays_out),
      TEST(test_session_files__what_a_command_has_written_is_wrapped),
      TEST(test_session_files__no_session_is_unknown),
      TEST(test_session_files__nothing_is_overwritten_and_then_nothing_written),
      TEST(test_session_files__no_link_is_written_through),
      TEST(test_session_files__what_was_written_is_taken_back_when_it_fails),
      TEST(test_session_files__a_folder_that_has_no_mark_gets_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
