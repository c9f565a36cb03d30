/* SPDX-License-Identifier: MIT */
#include "request/session_archive.h"

#include "base/limits.h"
#include "quoted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ID "0123456789-id"
static const char *const paths[] = {"projects/{w}/{i}.jsonl", "projects/{w}/{i}/*.jsonl",
                                    NULL};
static const struct session_store store = {.id = "claude-code",
                                           .paths = paths,
                                           .folder = SESSION_DASHES,
                                           .folders = "projects",
                                           .place = "cwd"};
#define MAIN "projects/workspace/" ID ".jsonl"

static struct session_archive archive;
static struct fault fault;

static int read_it(struct buf *b)
{
  fault = (struct fault){0};
  int r = session_archive_read(buf_span(b), &store, &archive, &fault);
  return r;
}

static void refuses(struct buf *b, const char *why)
{
  assert_int_equal(read_it(b), -1);
  if (fault.kind != FAULT_BAD_INPUT && fault.kind != FAULT_TOO_BIG)
    fail_msg("kind %d", (int)fault.kind);
  if (!strstr(fault.text, why))
    fail_msg("%s", fault.text);
  session_archive_free(&archive);
  buf_free(b);
}

static struct buf begun(void)
{
  struct buf b = buf_make(LIMIT_ARCHIVE_BYTES + MIB);
  const struct session_archive head = {.session_id = SPAN_LITERAL(ID),
                                       .workspace = SPAN_LITERAL("/old"),
                                       .version = SPAN_LITERAL("2.1.0")};
  session_archive_begin(&store, &head, &b);
  return b;
}

/* An archive of these files. */
static struct buf of(const char *const *names, size_t count)
{
  struct buf b = begun();
  for (size_t i = 0; i < count; i++)
    assert_true(ustar_add(&b, span_of(names[i]), SPAN_LITERAL("{}\n")));
  ustar_end(&b);
  return b;
}

static void test_session_archive__its_head_says_whose_it_is(void **state)
{
  (void)state;
  struct buf b = of((const char *const[]){MAIN}, 1);
  struct ustar_file file;
  struct span rest = buf_span(&b);
  assert_int_equal(ustar_next(&rest, &file, &fault), 1);
  assert_string_equal(file.text, "runlet-session.json");
  assert_true(span_is(file.content, quoted("{'format':1,'harness':'claude-code',"
                                           "'agentVersion':'2.1.0','sessionId':'" ID
                                           "','workspace':'/old'}\n")));
  assert_int_equal(read_it(&b), 0);
  assert_true(span_is(archive.session_id, ID));
  assert_true(span_is(archive.workspace, "/old"));
  assert_true(span_is(archive.version, "2.1.0"));
  assert_int_equal(ustar_next(&archive.files, &file, &fault), 1);
  assert_string_equal(file.text, MAIN);
  session_archive_free(&archive);
  buf_free(&b);
}

static const struct session_store by_script = {.id = "claude-code",
                                               .export_script = "exit"};

/* Of a store that has scripts. */
static bool takes(const char *name, const char *text)
{
  struct buf b = begun();
  fault = (struct fault){0};
  assert_true(ustar_add(&b, span_of(name), span_of(text)));
  ustar_end(&b);
  int r = session_archive_read(buf_span(&b), &by_script, &archive, &fault);
  session_archive_free(&archive);
  buf_free(&b);
  return r == 0;
}

static void
test_session_archive__what_a_command_takes_names_the_heads_session(void **state)
{
  (void)state;
  const char *good = quoted("{'info':{'id':'" ID "'},'messages':[]}");
  assert_true(takes("session.json", good));
  assert_false(takes("other.json", good));
  const char *const bad[] = {"{'info':{'id':'another-session'}}",
                             "{'info':{'id':'" ID "','id':'another'}}",
                             "{'info':{'id':'" ID "'},'info':{'id':'another'}}",
                             "{'id':'" ID "'}",
                             "{",
                             ""};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(takes("session.json", quoted("%s", bad[i])));
}

static void refuses_head(const char *head, const char *why)
{
  struct buf b = buf_make(MIB);
  assert_true(ustar_add(&b, SPAN_LITERAL("runlet-session.json"), span_of(head)));
  assert_true(ustar_add(&b, SPAN_LITERAL(MAIN), SPAN_LITERAL("{}")));
  ustar_end(&b);
  refuses(&b, why);
}

static void test_session_archive__another_agents_or_a_newer_one_is_refused(void **state)
{
  (void)state;
#define REST ",'sessionId':'" ID "','workspace':'/old'}"
  refuses_head(quoted("{'format':2,'harness':'claude-code'" REST), "format 2");
  refuses_head(quoted("{'format':1,'harness':'codex'" REST),
               "a session of \"codex\", not of claude-code");
  refuses_head(quoted("{'format':0,'harness':'claude-code'" REST), "`format`");
  refuses_head(quoted("{'harness':'claude-code'" REST), "`format`");
  refuses_head(quoted("{'format':1" REST), "a session of \"\"");
  refuses_head("[", "runlet-session.json");
  refuses_head(quoted("{'format':1,'harness':'claude-code','workspace':'/old'}"),
               "`sessionId`");
  refuses_head(quoted("{'format':1,'harness':'claude-code','sessionId':'../../../../x',"
                      "'workspace':'/old'}"),
               "`sessionId`");
  refuses_head(quoted("{'format':1,'harness':'claude-code','sessionId':'" ID
                      "','workspace':'old'}"),
               "`workspace`");
  struct buf b = buf_make(MIB);
  ustar_end(&b);
  refuses(&b, "does not begin with runlet-session.json");
}

static void test_session_archive__what_is_no_file_of_a_session_is_refused(void **state)
{
  (void)state;
  const char *const bad[] = {"../" MAIN,
                             "/" MAIN,
                             "projects/workspace/../" ID ".jsonl",
                             "projects/workspace/" ID "/../../x.jsonl",
                             "projects/workspace/" ID "/.hidden.jsonl",
                             "projects/workspace/0123456789-other.jsonl",
                             "projects/elsewhere/" ID ".jsonl",
                             "projects//" ID ".jsonl",
                             "./" MAIN,
                             "settings.json",
                             ".credentials.json",
                             "runlet-session.json",
                             MAIN "/"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    struct buf b = of(&bad[i], 1);
    refuses(&b, "is no file of a session of claude-code");
  }
  struct buf none = of(NULL, 0);
  refuses(&none, "holds no file");
}

static void test_session_archive__a_name_stands_there_once(void **state)
{
  (void)state;
  struct buf b = of((const char *const[]){MAIN, MAIN}, 2);
  refuses(&b, "twice");
  b = of((const char *const[]){"projects/workspace/" ID "/b.jsonl", MAIN,
                               "projects/workspace/" ID "/b.jsonl"},
         3);
  refuses(&b, "twice, or not in the order");
}

static void test_session_archive__files_and_bytes_have_a_limit(void **state)
{
  (void)state;
  struct buf b = begun();
  for (int i = 0; i <= LIMIT_ARCHIVE_FILES; i++) {
    char name[80];
    (void)snprintf(name, sizeof name, "projects/workspace/" ID "/%05d.jsonl", i);
    assert_true(ustar_add(&b, span_of(name), SPAN_LITERAL("")));
  }
  ustar_end(&b);
  refuses(&b, "more than 1024 files");
  struct buf long_one = buf_make(SIZE_MAX);
  assert_non_null(buf_reserve(&long_one, LIMIT_ARCHIVE_BYTES + 1));
  buf_grew(&long_one, LIMIT_ARCHIVE_BYTES + 1);
  refuses(&long_one, "longer than 67108864 bytes");
}

static void
test_session_archive__a_file_comes_to_the_folder_of_its_workspace(void **state)
{
  (void)state;
  struct session_store named = store;
  struct buf path = buf_make(KIB);
  session_archive_path(&store, SPAN_LITERAL(MAIN), SPAN_LITERAL("-new"), &path);
  assert_string_equal(buf_cstring(&path), "projects/-new/" ID ".jsonl");
  buf_clear(&path);
  named.folder = SESSION_NO_FOLDER;
  session_archive_path(&named, SPAN_LITERAL("sessions/2026/T-x.jsonl"), SPAN_LITERAL(""),
                       &path);
  assert_string_equal(buf_cstring(&path), "sessions/2026/T-x.jsonl");
  buf_clear(&path);
  named.lowers = 'T';
  session_archive_path(&named, SPAN_LITERAL("sessions/2026/T-x.jsonl"), SPAN_LITERAL(""),
                       &path);
  assert_string_equal(buf_cstring(&path), "sessions/2026/t-x.jsonl");
  buf_free(&path);
}

static void moves(const char *text, const char *wanted)
{
  struct buf out = buf_make(MIB);
  session_archive_move(&store, span_of(text), SPAN_LITERAL("/o\"ld"),
                       SPAN_LITERAL("/né w"), &out);
  if (!span_is(buf_span(&out), wanted))
    fail_msg("%s", buf_cstring(&out));
  buf_free(&out);
}

static void
test_session_archive__the_workspaces_path_is_rewritten_where_it_is_one(void **state)
{
  (void)state;
  moves("{\"cwd\":\"/o\\\"ld\"}", "{\"cwd\":\"/né w\"}");
  moves("{\"a\":1,\"cwd\" : \"/o\\\"ld/b\"}\n", "{\"a\":1,\"cwd\" : \"/né w/b\"}\n");
  moves("{\"p\":{\"cwd\":\"/o\\\"ld\"}}", "{\"p\":{\"cwd\":\"/né w\"}}");
  moves("{\"cwd\":[\"/o\\\"ld\",\"/b\",\"/o\\\"ld/c\"],\"b\":[\"/o\\\"ld\"]}",
        "{\"cwd\":[\"/né w\",\"/b\",\"/né w/c\"],\"b\":[\"/o\\\"ld\"]}");
  /* a line that was cut off ends with its line */
  moves("{\"a\":{\"b\":{\"c\":\"x\n{\"cwd\":\"/o\\\"ld\"}\n",
        "{\"a\":{\"b\":{\"c\":\"x\n{\"cwd\":\"/né w\"}\n");
}

static void test_session_archive__all_other_bytes_stay(void **state)
{
  (void)state;
  const char *const same[] = {"{\"cwd\":\"/o\\\"lder\"}",
                              "{\"cwd\":\"x/o\\\"ld\"}",
                              "{\"text\":\"/o\\\"ld\"}",
                              "{\"cwd\":1,\"b\":\"/o\\\"ld\"}",
                              "{\"cwd\":{\"b\":\"/o\\\"ld\"}}",
                              "{\"a\":{\"b\":{\"cwd\":\"/o\\\"ld\"}}}", /* a tool's */
                              "{\"text\":\"\\\"cwd\\\":\\\"/o\\\"}",
                              "[\"cwd\",\"/o\\\"ld\"]",
                              "\"",
                              "{\"cwd\":\"",
                              "{\"cwd\":",
                              "]]]}}}",
                              ""};
  for (size_t i = 0; i < sizeof same / sizeof *same; i++)
    moves(same[i], same[i]);
}

static void test_session_archive__a_member_is_found_as_it_stands(void **state)
{
  (void)state;
  struct span text =
      SPAN_LITERAL("{\"text\":\"\\\"version\\\":\\\"0\\\"\",\"version\":1,\n"
                   "\"x\":{\"version\" : \"2.1\"},\"version\":\"3\"}");
  assert_true(span_is(session_archive_find(text, "version"), "2.1"));
  assert_int_equal(session_archive_find(text, "none").len, 0);
  assert_int_equal(session_archive_find(SPAN_LITERAL("{\"version\":"), "version").len, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_session_archive__its_head_says_whose_it_is),
      cmocka_unit_test(test_session_archive__another_agents_or_a_newer_one_is_refused),
      cmocka_unit_test(
          test_session_archive__what_a_command_takes_names_the_heads_session),
      cmocka_unit_test(test_session_archive__what_is_no_file_of_a_session_is_refused),
      cmocka_unit_test(test_session_archive__a_name_stands_there_once),
      cmocka_unit_test(test_session_archive__files_and_bytes_have_a_limit),
      cmocka_unit_test(test_session_archive__a_file_comes_to_the_folder_of_its_workspace),
      cmocka_unit_test(
          test_session_archive__the_workspaces_path_is_rewritten_where_it_is_one),
      cmocka_unit_test(test_session_archive__all_other_bytes_stay),
      cmocka_unit_test(test_session_archive__a_member_is_found_as_it_stands),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
