/* SPDX-License-Identifier: MIT */
#include "workspace/git_url.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void taken(const char *text, const char *clean, const char *origin,
                  const char *user, const char *password)
{
  struct git_url u;
  struct fault f = {0};
  if (git_url_read(span_of(text), &u, &f) < 0)
    fail_msg("%s: %s", text, f.text);
  assert_string_equal(buf_cstring(&u.clean), clean);
  assert_string_equal(buf_cstring(&u.origin), origin);
  assert_string_equal(buf_cstring(&u.user), user);
  assert_string_equal(buf_cstring(&u.password), password);
  git_url_free(&u);
}

static void refused(const char *text)
{
  struct git_url u;
  struct fault f = {0};
  if (git_url_read(span_of(text), &u, &f) == 0)
    fail_msg("%s was taken", text);
  assert_int_equal(f.kind, FAULT_BAD_INPUT);
  assert_null(strstr(f.text, "hunter2"));
  git_url_free(&u);
}

static void test_git_url__takes_name_and_password_out_of_an_http_address(void **state)
{
  (void)state;
  taken("https://example.com/a/b.git", "https://example.com/a/b.git",
        "https://example.com", "", "");
  taken("https://me:hunter2@example.com:8443/a.git", "https://example.com:8443/a.git",
        "https://example.com:8443", "me", "hunter2");
  taken("http://tok%40en@localhost/a", "http://localhost/a", "http://localhost", "tok@en",
        "");
  taken("https://a:b@c:d@host/x", "https://host/x", "https://host", "a", "b@c:d");
  taken("https://host?x=a@b", "https://host?x=a@b", "https://host", "", "");
}

static void test_git_url__leaves_the_other_kinds_as_they_are(void **state)
{
  (void)state;
  taken("ssh://git@example.com/a.git", "ssh://git@example.com/a.git", "", "", "");
  taken("git@example.com:a/b.git", "git@example.com:a/b.git", "", "", "");
  taken("git://example.com/a", "git://example.com/a", "", "", "");
  taken("file:///srv/a.git", "file:///srv/a.git", "", "", "");
  taken("/srv/a.git", "/srv/a.git", "", "", "");
}

static void test_git_url__refuses_what_git_would_read_as_something_else(void **state)
{
  (void)state;
  refused("");
  refused("-oProxyCommand=x");
  refused("ext::sh -c true");
  refused("ext::true");
  refused("a::b/c");
  refused("relative/path");
  refused("ssh://-oX@host/a");
  refused("ssh://-host/a");
  refused("-host:a");
  refused("ssh://me:hunter2@host/a");
  refused("https://");
  refused("https:///a");
  refused("https://me:hunter2@/a");
  refused("https://host/a b");
  refused("https://host/a\n");
  refused("https://me:hunter2%0ax@host/a");
  refused("ftp://host/a");
}

static void test_git_url__a_commit_is_40_or_64_hexadecimal_digits(void **state)
{
  (void)state;
  assert_true(git_ref_is_commit(span_of("0123456789abcdefABCDEF0123456789abcdef01")));
  assert_true(git_ref_is_commit(span_of("0123456789abcdef0123456789abcdef"
                                        "0123456789abcdef0123456789abcdef")));
  assert_false(git_ref_is_commit(span_of("0123456789abcdef0123456789abcdef0123456g")));
  assert_false(git_ref_is_commit(span_of("abc")));
  assert_false(git_ref_is_commit(span_of("")));
}

static void stands_for(const char *repo, const char *address, const char *name)
{
  struct buf out = buf_make(1000);
  git_url_of_repo(span_of(repo), &out);
  assert_string_equal(buf_cstring(&out), address);
  struct span called = git_url_name(buf_span(&out));
  if (!span_is(called, name))
    fail_msg("%s: %.*s", repo, SPAN_ARG(called));
  buf_free(&out);
}

static void test_git_url__a_repo_is_an_address_or_of_github(void **state)
{
  (void)state;
  stands_for("anthropics/skills", "https://github.com/anthropics/skills.git", "skills");
  stands_for("a/b.git", "https://github.com/a/b.git", "b");
  stands_for("https://h/x/y", "https://h/x/y", "y");
  stands_for("https://h/x/y.git/", "https://h/x/y.git/", "y");
  stands_for("git@h:x/y.git", "git@h:x/y.git", "y");
  stands_for("git@h:y", "git@h:y", "y");
  stands_for("ssh://git@h/y", "ssh://git@h/y", "y");
  stands_for("file:///x/y", "file:///x/y", "y");
  stands_for("/x/y", "/x/y", "y");
  stands_for("ext::x", "ext::x", "x"); /* git_url_read() refuses it */
  stands_for("file:///x/..", "file:///x/..", "");
  stands_for("/", "/", "");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_git_url__a_repo_is_an_address_or_of_github),
      cmocka_unit_test(test_git_url__takes_name_and_password_out_of_an_http_address),
      cmocka_unit_test(test_git_url__leaves_the_other_kinds_as_they_are),
      cmocka_unit_test(test_git_url__refuses_what_git_would_read_as_something_else),
      cmocka_unit_test(test_git_url__a_commit_is_40_or_64_hexadecimal_digits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
