/* SPDX-License-Identifier: MIT */
#include "io/files.h"

#include "scratch.h"
#include "traces.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

static unsigned mode_of(const char *path)
{
  struct stat s;
  assert_int_equal(lstat(path, &s), 0);
  return (unsigned)s.st_mode & 07777u;
}

static void expect_fault(const struct fault *f, enum fault_kind kind, const char *text)
{
  assert_int_equal(f->kind, kind);
  if (!strstr(f->text, text))
    fail_msg("\"%s\" does not say \"%s\"", f->text, text);
}

/* -- the state folder -- */

static void test_files__the_state_folder_is_made_for_us_alone(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fault f = {0};
  mode_t old = umask(0);
  assert_int_equal(files_open_state(scratch_path(&s, "state"), false, &f), 0);
  umask(old);
  assert_int_equal(mode_of(s.path), 0700);
  assert_int_equal(files_open_state(s.path, false, &f), 0); /* again is fine */
  scratch_remove(&s);
}

static void test_files__a_state_folder_that_is_a_link_is_refused(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fault f = {0};
  char link[512];
  snprintf(link, sizeof link, "%s", scratch_path(&s, "link"));
  assert_int_equal(mkdir(scratch_path(&s, "real"), 0700), 0);
  assert_int_equal(symlink(s.path, link), 0);
  assert_int_equal(files_open_state(link, false, &f), -1);
  expect_fault(&f, FAULT_SYSTEM, "--state-dir");
  scratch_remove(&s);
}

static void test_files__a_state_folder_open_to_others_is_refused(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fault f = {0};
  assert_int_equal(mkdir(scratch_path(&s, "state"), 0700), 0);
  assert_int_equal(chmod(s.path, 0710), 0);
  assert_int_equal(files_open_state(s.path, false, &f), -1);
  expect_fault(&f, FAULT_SYSTEM, "chmod 700");
  scratch_remove(&s);
}

static void test_files__a_state_folder_of_somebody_else_is_refused(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fault f = {0};
  bool root = geteuid() == 0; /* who is not cannot give a folder away, but has root's / */
  assert_int_equal(mkdir(scratch_path(&s, "state"), 0700), 0);
  if (root)
    assert_int_equal(chown(s.path, 4711, 4711), 0);
  assert_int_equal(files_open_state(root ? s.path : "/", false, &f), -1);
  expect_fault(&f, FAULT_SYSTEM, root ? "uid 4711" : "uid 0");
  scratch_remove(&s);
}

static void test_files__a_state_folder_without_parent_names_the_option(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fault f = {0};
  assert_int_equal(files_open_state(scratch_path(&s, "no/such"), false, &f), -1);
  expect_fault(&f, FAULT_SYSTEM, "--state-dir");
  scratch_write(&s, "file", 0600, "x");
  assert_int_equal(files_open_state(s.path, false, &f), -1);
  expect_fault(&f, FAULT_SYSTEM, "not a folder");
  scratch_remove(&s);
}

/* -- private folders -- */

static void test_files__private_means_0700_and_0600_under_any_umask(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fault f = {0};
  struct buf path = buf_make(4096);
  int lock;
  mode_t old = umask(0);
  assert_int_equal(files_make_private(s.folder, "run", &path, &lock, &f), 0);
  assert_int_equal(files_write_private(path.at, "mcp.json", SPAN_LITERAL("secret"), &f),
                   0);
  umask(old);
  assert_int_equal(mode_of(path.at), 0700);
  struct buf file = buf_make(4096);
  buf_addf(&file, "%s/mcp.json", path.at);
  assert_int_equal(mode_of(file.at), 0600);
  assert_true(fcntl(lock, F_GETFD) & FD_CLOEXEC); /* no agent gets the lock */
  close(lock);
  buf_free(&file);
  buf_free(&path);
  scratch_remove(&s);
}

static void test_files__two_private_folders_never_are_the_same(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fault f = {0};
  struct buf one = buf_make(4096), two = buf_make(4096);
  int lock_one, lock_two;
  assert_int_equal(files_make_private(s.folder, "run", &one, &lock_one, &f), 0);
  assert_int_equal(files_make_private(s.folder, "run", &two, &lock_two, &f), 0);
  assert_string_not_equal(one.at, two.at);
  close(lock_one);
  close(lock_two);
  buf_free(&one);
  buf_free(&two);
  scratch_remove(&s);
}

static void test_files__a_private_file_never_follows_or_overwrites(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fault f = {0};
  char target[128];
  snprintf(target, sizeof target, "%s", scratch_write(&s, "target", 0600, "old"));
  assert_int_equal(symlink(target, scratch_path(&s, "link")), 0);
  assert_int_equal(files_write_private(s.folder, "link", SPAN_LITERAL("new"), &f), -1);
  assert_int_equal(files_write_private(s.folder, "target", SPAN_LITERAL("new"), &f), -1);
  char *text = scratch_read(&s, "target");
  assert_string_equal(text, "old");
  free(text);
  scratch_remove(&s);
}

static void test_files__without_the_state_folder_nothing_private_is_made(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fault f = {0};
  struct buf path = buf_make(4096);
  int lock = 77;
  unsigned before = traces_descriptors();
  assert_int_equal(files_make_private(scratch_path(&s, "gone"), "run", &path, &lock, &f),
                   -1);
  expect_fault(&f, FAULT_SYSTEM, "private folder");
  assert_int_equal(traces_descriptors(), before);
  buf_free(&path);
  scratch_remove(&s);
}

static void test_files__a_tree_goes_whole_but_not_through_links(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  scratch_write(&s, "outside", 0600, "stays");
  char outside[512], doomed[512];
  snprintf(outside, sizeof outside, "%s", s.folder);
  snprintf(doomed, sizeof doomed, "%s", scratch_path(&s, "doomed"));
  assert_int_equal(mkdir(doomed, 0700), 0);
  assert_int_equal(mkdir(scratch_path(&s, "doomed/a"), 0700), 0);
  assert_int_equal(mkdir(scratch_path(&s, "doomed/a/b"), 0700), 0);
  scratch_write(&s, "doomed/a/b/file", 0400, "x");
  assert_int_equal(symlink(outside, scratch_path(&s, "doomed/a/up")), 0);
  unsigned before = traces_descriptors();
  files_remove_tree(doomed);
  files_remove_tree(doomed); /* what is not there is fine */
  assert_int_equal(traces_descriptors(), before);
  assert_false(scratch_has(&s, "doomed"));
  assert_true(scratch_has(&s, "outside"));
  scratch_remove(&s);
}

/* -- stale ones -- */

/* A runner that makes a private folder and dies at once. */
static void leave_stale(const char *state_folder)
{
  pid_t pid = fork();
  if (pid == 0) {
    struct fault f;
    struct buf path = buf_make(4096);
    int lock;
    _exit(files_make_private(state_folder, "run", &path, &lock, &f) < 0);
  }
  int status;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_int_equal(status, 0);
}

static void test_files__the_sweep_takes_the_dead_and_spares_the_living(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fault f = {0};
  struct buf mine = buf_make(4096);
  int lock;
  assert_int_equal(files_make_private(s.folder, "run", &mine, &lock, &f), 0);
  leave_stale(s.folder);
  leave_stale(s.folder);
  assert_int_equal(mkdir(scratch_path(&s, "run-halfmade"), 0700), 0); /* no lock yet */
  assert_int_equal(mkdir(scratch_path(&s, "other-1"), 0700), 0);
  assert_int_equal(mkdir(scratch_path(&s, "runaway"), 0700), 0);
  unsigned before = traces_descriptors();
  assert_int_equal(files_sweep_stale(s.folder, "run"), 3);
  assert_int_equal(traces_descriptors(), before);
  assert_int_equal(access(mine.at, F_OK), 0);
  assert_true(scratch_has(&s, "other-1"));
  assert_true(scratch_has(&s, "runaway"));
  close(lock);
  assert_int_equal(files_sweep_stale(s.folder, "run"), 1);
  assert_int_equal(files_sweep_stale(scratch_path(&s, "no-such"), "run"), 0);
  buf_free(&mine);
  scratch_remove(&s);
}

/* -- programs -- */

struct search {
  struct scratch s;
  struct buf path, found;
};

static struct search search_make(void)
{
  struct search p = {scratch_make(), buf_make(4096), buf_make(4096)};
  mkdir(scratch_path(&p.s, "one"), 0755);
  mkdir(scratch_path(&p.s, "two"), 0755);
  buf_addf(&p.path, "%s/none:%s/one:%s/two", p.s.folder, p.s.folder, p.s.folder);
  return p;
}

static void search_end(struct search *p)
{
  buf_free(&p->path);
  buf_free(&p->found);
  scratch_remove(&p->s);
}

static void test_files__a_program_is_the_first_executable_file_on_path(void **state)
{
  (void)state;
  struct search p = search_make();
  struct fault f = {0};
  scratch_write(&p.s, "one/agent", 0644, "not executable");
  scratch_write(&p.s, "two/agent", 0755, "#!/bin/sh\n");
  mkdir(scratch_path(&p.s, "one/tool"), 0755); /* a folder is no program */
  scratch_write(&p.s, "two/tool", 0755, "#!/bin/sh\n");
  assert_int_equal(files_find_program("agent", p.path.at, "/", &p.found, &f), 0);
  assert_string_equal(p.found.at, scratch_path(&p.s, "two/agent"));
  assert_int_equal(files_find_program("tool", p.path.at, "/", &p.found, &f), 0);
  assert_string_equal(p.found.at, scratch_path(&p.s, "two/tool"));
  search_end(&p);
}

static void
test_files__a_missing_program_is_named_with_how_much_was_searched(void **state)
{
  (void)state;
  struct search p = search_make();
  struct fault f = {0};
  assert_int_equal(files_find_program("no-such", p.path.at, "/", &p.found, &f), -1);
  expect_fault(&f, FAULT_UNKNOWN, "no-such");
  assert_null(strstr(f.text, p.path.at)); /* it may fill a screen */
  assert_int_equal(files_find_program("no-such", "/a", "/", &p.found, &f), -1);
  expect_fault(&f, FAULT_UNKNOWN, "no-such is not on PATH (1 folder)");
  assert_int_equal(files_find_program("no-such", NULL, "/", &p.found, &f), -1);
  expect_fault(&f, FAULT_UNKNOWN, "no-such is not on PATH (3 folders)");
  assert_int_equal(files_find_program("sh", NULL, "/", &p.found, &f), 0);
  assert_int_equal(files_find_program("sh", "", "/", &p.found, &f), 0);
  search_end(&p);
}

static void test_files__an_empty_or_relative_entry_means_the_given_folder(void **state)
{
  (void)state;
  struct search p = search_make();
  struct fault f = {0};
  scratch_write(&p.s, "two/agent", 0755, "#!/bin/sh\n");
  char cwd[512];
  snprintf(cwd, sizeof cwd, "%s", scratch_path(&p.s, "two"));
  assert_int_equal(files_find_program("agent", "/nowhere:", cwd, &p.found, &f), 0);
  assert_int_equal(access(p.found.at, X_OK), 0);
  assert_int_equal(p.found.at[0], '/');
  assert_int_equal(files_find_program("agent", "two", p.s.folder, &p.found, &f), 0);
  assert_int_equal(access(p.found.at, X_OK), 0);
  assert_int_equal(files_find_program("two/agent", NULL, p.s.folder, &p.found, &f), 0);
  assert_string_equal(p.found.at, scratch_path(&p.s, "two/agent"));
  search_end(&p);
}

static void test_files__a_program_with_a_slash_is_taken_as_it_is_or_refused(void **state)
{
  (void)state;
  struct search p = search_make();
  struct fault f = {0};
  scratch_write(&p.s, "two/agent", 0644, "x");
  assert_int_equal(files_find_program(p.s.path, NULL, "/", &p.found, &f), -1);
  expect_fault(&f, FAULT_UNKNOWN, "two/agent");
  assert_int_equal(files_find_program("/bin/sh", "/nowhere", "/", &p.found, &f), 0);
  assert_string_equal(p.found.at, "/bin/sh");
  search_end(&p);
}

/* -- reading -- */

static void test_files__a_file_as_large_as_the_ceiling_is_read_whole(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fault f = {0};
  size_t sizes[] = {0, 1, 1000, 65536, 65537, 200000};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    char *text = calloc(1, sizes[i] + 1);
    memset(text, 'x', sizes[i]);
    scratch_write(&s, "file", 0600, text);
    struct buf out;
    assert_int_equal(files_read(s.path, sizes[i], &out, &f), 0);
    assert_int_equal(out.len, sizes[i]);
    assert_false(out.overflowed);
    assert_memory_equal(out.len ? out.at : "", text, out.len);
    buf_free(&out);
    if (sizes[i] > 0)
      assert_int_equal(files_read(s.path, sizes[i] - 1, &out, &f), -1);
    free(text);
  }
  scratch_remove(&s);
}

static void test_files__a_file_above_the_ceiling_is_too_big_and_named(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fault f = {0};
  struct buf out;
  unsigned before = traces_descriptors();
  scratch_write(&s, "file", 0600, "12345");
  assert_int_equal(files_read(s.path, 4, &out, &f), -1);
  expect_fault(&f, FAULT_TOO_BIG, s.path);
  assert_int_equal(files_read(scratch_path(&s, "none"), 4, &out, &f), -1);
  expect_fault(&f, FAULT_SYSTEM, "none");
  assert_int_equal(traces_descriptors(), before);
  scratch_remove(&s);
}

static void read_stdin_in_pieces(int flags)
{
  int pair[2], old = dup(0);
  assert_int_equal(pipe2(pair, flags), 0);
  dup2(pair[0], 0);
  pid_t pid = fork();
  if (pid == 0) {
    for (int i = 0; i < 3; i++) {
      (void)!write(pair[1], "piece ", 6);
      traces_sleep_ms(5);
    }
    _exit(0);
  }
  close(pair[1]);
  struct fault f = {0};
  struct buf out;
  assert_int_equal(files_read("-", 1000, &out, &f), 0);
  assert_string_equal(buf_cstring(&out), "piece piece piece ");
  assert_int_not_equal(fcntl(0, F_GETFD), -1);
  buf_free(&out);
  dup2(old, 0);
  close(old);
  close(pair[0]);
  assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_files__a_dash_reads_stdin_in_pieces_and_leaves_it_open(void **state)
{
  (void)state;
  read_stdin_in_pieces(0);
}

static void
test_files__a_stdin_that_somebody_made_non_blocking_is_waited_for(void **state)
{
  (void)state;
  read_stdin_in_pieces(O_NONBLOCK);
}

/* -- folders -- */

static void test_files__a_folder_is_checked_made_and_named_without_links(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fault f = {0};
  struct buf real = buf_make(8192);
  assert_int_equal(files_make_folder(scratch_path(&s, "work"), NULL, &f), 0);
  assert_int_equal(files_make_folder(s.path, NULL, &f), 0); /* exists already */
  assert_int_equal(files_check_folder(s.path, &f), 0);
  char work[512];
  snprintf(work, sizeof work, "%s", s.path);
  assert_int_equal(symlink(work, scratch_path(&s, "link")), 0);
  assert_int_equal(files_real_path(s.path, &real, &f), 0);
  assert_string_equal(real.at, work);
  scratch_write(&s, "file", 0600, "x");
  assert_int_equal(files_check_folder(s.path, &f), -1);
  expect_fault(&f, FAULT_SYSTEM, "not a folder");
  assert_int_equal(files_make_folder(s.path, NULL, &f), -1);
  assert_int_equal(files_check_folder(scratch_path(&s, "none"), &f), -1);
  expect_fault(&f, FAULT_SYSTEM, "none");
  assert_int_equal(files_real_path(s.path, &real, &f), -1);
  buf_free(&real);
  scratch_remove(&s);
}

static void test_files__makes_all_the_folders_of_a_path(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  struct fault f = {0};
  for (int i = 0; i < 2; i++) /* the second time they are there */
    assert_int_equal(files_make_path(scratch_path(&s, "a/b//c/"), &f), 0);
  assert_true(scratch_has(&s, "a/b/c"));
  scratch_write(&s, "a/file", 0600, "");
  assert_int_equal(files_make_path(scratch_path(&s, "a/file/d"), &f), -1);
  expect_fault(&f, FAULT_SYSTEM, "a/file/d");
  assert_int_equal(files_make_path("", &f), -1);
  scratch_remove(&s);
}

/* -- another user's -- */

static void expect_owner(const char *path, unsigned uid, unsigned mode)
{
  struct stat s;
  assert_int_equal(lstat(path, &s), 0);
  assert_int_equal(s.st_uid, uid);
  assert_int_equal(s.st_mode & 0777, mode);
}

static void test_files__a_private_folder_is_given_away(void **state)
{
  (void)state;
  assert_int_equal(geteuid(), 0); /* this test must be run as root */
  struct scratch s = scratch_make();
  struct fault f = {0};
  struct buf folder = buf_make(8192);
  int lock;
  char path[600];
  assert_int_equal(files_open_state(scratch_path(&s, "agents"), true, &f), 0);
  expect_owner(s.path, 0, 0711);
  assert_int_equal(files_open_state(s.path, true, &f), 0);
  assert_int_equal(files_make_private(s.path, "run", &folder, &lock, &f), 0);
  assert_int_equal(files_write_private(folder.at, "token", SPAN_LITERAL("x"), &f), 0);
  snprintf(path, sizeof path, "%s/link", folder.at);
  assert_int_equal(symlink("/etc/passwd", path), 0);
  assert_int_equal(files_give(folder.at, (struct files_owner){65534, 65534}, &f), 0);
  expect_owner(folder.at, 65534, 0700);
  expect_owner(path, 65534, 0777);
  expect_owner("/etc/passwd", 0, 0644);
  snprintf(path, sizeof path, "%s/token", folder.at);
  expect_owner(path, 65534, 0600);
  files_remove_tree(folder.at);
  assert_int_equal(files_give(folder.at, (struct files_owner){65534, 65534}, &f), -1);
  close(lock);
  buf_free(&folder);
  scratch_remove(&s);
}

static void test_files__only_a_new_folder_becomes_the_owners(void **state)
{
  (void)state;
  assert_int_equal(geteuid(), 0);
  struct scratch s = scratch_make();
  struct fault f = {0};
  const struct files_owner nobody = {.uid = 65534, .gid = 65534};
  assert_int_equal(files_make_folder(scratch_path(&s, "old"), NULL, &f), 0);
  assert_int_equal(files_make_folder(s.path, &nobody, &f), 0);
  expect_owner(s.path, 0, 0755);
  assert_int_equal(files_make_folder(scratch_path(&s, "new"), &nobody, &f), 0);
  expect_owner(s.path, 65534, 0755);
  scratch_remove(&s);
}

/* As it is where folders cannot be locked, and was before. */
static void test_files__one_that_is_locked_by_a_file_in_it_is_not_stale(void **state)
{
  (void)state;
  struct scratch s = scratch_make();
  assert_int_equal(mkdir(scratch_path(&s, "run-nfs"), 0700), 0);
  int lock = open(scratch_write(&s, "run-nfs/.lock", 0600, ""), O_RDWR);
  assert_int_equal(flock(lock, LOCK_EX), 0);
  assert_int_equal(files_sweep_stale(s.folder, "run"), 0);
  close(lock);
  assert_int_equal(files_sweep_stale(s.folder, "run"), 1);
  assert_int_equal(scratch_count(&s, "."), 0);
  scratch_remove(&s);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_files__makes_all_the_folders_of_a_path),
      cmocka_unit_test(test_files__a_private_folder_is_given_away),
      cmocka_unit_test(test_files__one_that_is_locked_by_a_file_in_it_is_not_stale),
      cmocka_unit_test(test_files__only_a_new_folder_becomes_the_owners),
      cmocka_unit_test(test_files__the_state_folder_is_made_for_us_alone),
      cmocka_unit_test(test_files__a_state_folder_that_is_a_link_is_refused),
      cmocka_unit_test(test_files__a_state_folder_open_to_others_is_refused),
      cmocka_unit_test(test_files__a_state_folder_of_somebody_else_is_refused),
      cmocka_unit_test(test_files__a_state_folder_without_parent_names_the_option),
      cmocka_unit_test(test_files__private_means_0700_and_0600_under_any_umask),
      cmocka_unit_test(test_files__two_private_folders_never_are_the_same),
      cmocka_unit_test(test_files__a_private_file_never_follows_or_overwrites),
      cmocka_unit_test(test_files__without_the_state_folder_nothing_private_is_made),
      cmocka_unit_test(test_files__a_tree_goes_whole_but_not_through_links),
      cmocka_unit_test(test_files__the_sweep_takes_the_dead_and_spares_the_living),
      cmocka_unit_test(test_files__a_program_is_the_first_executable_file_on_path),
      cmocka_unit_test(test_files__a_missing_program_is_named_with_how_much_was_searched),
      cmocka_unit_test(test_files__an_empty_or_relative_entry_means_the_given_folder),
      cmocka_unit_test(test_files__a_program_with_a_slash_is_taken_as_it_is_or_refused),
      cmocka_unit_test(test_files__a_file_as_large_as_the_ceiling_is_read_whole),
      cmocka_unit_test(test_files__a_file_above_the_ceiling_is_too_big_and_named),
      cmocka_unit_test(test_files__a_dash_reads_stdin_in_pieces_and_leaves_it_open),
      cmocka_unit_test(test_files__a_stdin_that_somebody_made_non_blocking_is_waited_for),
      cmocka_unit_test(test_files__a_folder_is_checked_made_and_named_without_links),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
