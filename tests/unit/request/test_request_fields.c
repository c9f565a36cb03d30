/* SPDX-License-Identifier: MIT */
#include "request/request_fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct fault fault;
static struct fields fields;

static json_at open_text(const char *text)
{
  fault = (struct fault){0};
  fields = (struct fields){.arena = arena_take(), .f = &fault};
  fields.doc = json_parse(span_of(text), NULL, &fault);
  assert_non_null(fields.doc);
  return json_root(fields.doc);
}

static void close_text(void)
{
  json_free(fields.doc);
  arena_give(fields.arena);
}

static void test_fields__absent_and_null_leave_what_is_there(void **state)
{
  (void)state;
  json_at root = open_text("{\"n\":null}");
  static const char *const names[] = {"n", "absent"};
  for (size_t i = 0; i < 2; i++) {
    struct span text = SPAN_LITERAL("was");
    struct spans texts = {&text, 1};
    unsigned whole = 7;
    json_at object = root;
    assert_int_equal(fields_text(&fields, root, "", names[i], &text), 0);
    assert_int_equal(fields_argument(&fields, root, "", names[i], &text), 0);
    assert_int_equal(fields_whole(&fields, root, "", names[i], 1, 9, &whole), 0);
    assert_int_equal(fields_texts(&fields, root, "", names[i], true, &texts), 0);
    assert_int_equal(fields_object(&fields, root, "", names[i], &object), 0);
    bool other = true;
    assert_int_equal(fields_choice(&fields, root, names[i], "a", "b", &other), 0);
    assert_false(other);
    assert_int_equal(fields_unbuilt(&fields, root, "", names[i]), 0);
    assert_true(span_is(text, "was"));
    assert_int_equal(texts.count, 1);
    assert_int_equal(whole, 7);
    assert_null(object);
  }
  close_text();
}

static void test_fields__says_something(void **state)
{
  (void)state;
  static const char *const silent[] = {"null", "false",       "\"\"",
                                       "[]",   "[null,null]", "{}"};
  static const char *const speaking[] = {"true", "0",         "\"x\"",
                                         "[0]",  "[null,{}]", "{\"a\":null}"};
  for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
    assert_false(fields_says_something(&fields, open_text(silent[i])));
    close_text();
  }
  for (size_t i = 0; i < sizeof speaking / sizeof *speaking; i++) {
    assert_true(fields_says_something(&fields, open_text(speaking[i])));
    close_text();
  }
  assert_false(fields_says_something(&fields, NULL));
}

static void test_fields__a_header_is_one_line_as_it_is(void **state)
{
  (void)state;
  static const char *const bad[] = {"a\nb", "a\rb", "a\tb", " a", "a ", "\x7f"};
  assert_true(fields_fits_header(SPAN_LITERAL("Bearer a b")));
  assert_true(fields_fits_header(SPAN_LITERAL("")));
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_false(fields_fits_header(span_of(bad[i])));
}

static void test_fields__errors_name_the_field_with_what_stands_before_it(void **state)
{
  (void)state;
  json_at root =
      open_text("{\"a\":7,\"b\":\"\",\"c\":\"x\\u0000\",\"d\":\"-x\",\"e\":[\"\"]}");
  struct span text = {0};
  struct spans texts = {0};
  unsigned whole;
  json_at object;
  assert_int_equal(fields_text(&fields, root, "x.", "a", &text), -1);
  assert_string_equal(fault.text, "run request: x.a must be a non-empty string, not 7");
  assert_int_equal(fields_text(&fields, root, "x.", "b", &text), -1);
  assert_int_equal(fields_text(&fields, root, "", "c", &text), -1);
  assert_string_equal(fault.text, "run request: c must be a string without NUL "
                                  "characters, not \"x\\u0000\"");
  assert_int_equal(fields_text(&fields, root, "", "d", &text), 0);
  assert_int_equal(fields_argument(&fields, root, "", "d", &text), -1);
  assert_int_equal(fields_whole(&fields, root, "x.", "a", 8, 9, &whole), -1);
  assert_string_equal(fault.text,
                      "run request: x.a must be a whole number from 8 to 9, not 7");
  assert_int_equal(fields_texts(&fields, root, "", "e", false, &texts), 0);
  assert_int_equal(fields_texts(&fields, root, "", "e", true, &texts), -1);
  assert_int_equal(fields_object(&fields, root, "", "e", &object), -1);
  assert_string_equal(fault.text, "run request: e must be an object, not an array");
  assert_int_equal(fault.kind, FAULT_BAD_INPUT);
  close_text();
}

static void refuses(const char *name, const char *where, const char *text)
{
  struct span out = {0};
  json_at root = json_root(fields.doc);
  assert_int_equal(fields_text(&fields, root, where, name, &out), -1);
  assert_string_equal(fault.text, text);
}

static void test_fields__no_secret_is_told_in_an_error(void **state)
{
  (void)state;
  open_text("{\"token\":4711,\"toolExecToken\":\"s3cr\\u0000et\",\"A\":[\"s3cret\"],"
            "\"B\":true,\"name\":4711}");
  refuses("token", "auth.",
          "run request: auth.token must be a non-empty string, not a "
          "number");
  refuses("toolExecToken", "",
          "run request: toolExecToken must be a string without NUL characters");
  refuses("A", "env.", "run request: env.A must be a non-empty string, not an array");
  refuses("B", "env.", "run request: env.B must be a non-empty string, not true");
  refuses("name", "", "run request: name must be a non-empty string, not 4711");
  close_text();
}

static void test_fields__what_was_given_is_cut_and_one_line(void **state)
{
  (void)state;
  struct buf text = buf_make(1000);
  buf_add_text(&text, "{\"a\":\"-\\n");
  for (int i = 0; i < 200; i++)
    buf_add_text(&text, "\xc3\xa9");
  buf_add_text(&text, "\"}");
  struct span out = {0};
  json_at root = open_text(buf_cstring(&text));
  assert_int_equal(fields_argument(&fields, root, "", "a", &out), -1);
  assert_null(strchr(fault.text, '\n'));
  assert_true(strlen(fault.text) < 160);
  assert_true(utf8_valid(span_of(fault.text)));
  close_text();
  buf_free(&text);
}

static void test_fields__what_was_not_asked_for_is_left_out_and_named(void **state)
{
  (void)state;
  struct fields_asked asked = {.count = 0};
  struct buf left_out = buf_make(1000);
  struct fields asking = fields;
  struct span text = {0};
  json_at root = open_text("{\"a\":\"x\",\"c\":1,\"o\":{\"a\":1,\"d\":2}}"), o;
  asking.doc = fields.doc;
  asking.asked = &asked;
  asking.left_out = &left_out;
  assert_int_equal(fields_text(&asking, root, "", "a", &text), 0);
  assert_int_equal(fields_text(&asking, root, "", "a", &text), 0);
  assert_int_equal(fields_text(&asking, root, "", "b", &text), 0);
  assert_int_equal(fields_object(&asking, root, "", "o", &o), 0);
  char fleeting[] = "o.x[0].";
  (void)fields_get(&asking, o, fleeting, "a");
  assert_int_equal(asked.count, 3);
  fields_leave_out(&asking, root, "");
  fields_leave_out(&asking, NULL, "none.");
  assert_string_equal(buf_cstring(&left_out), "c (known: a b o)");
  (void)fields_get(&asking, o, "o.", "d");
  fields_leave_out(&asking, o, "o.");
  assert_string_equal(buf_cstring(&left_out), "c (known: a b o), o.a (known: d)");
  buf_free(&left_out);
  close_text();
}

static void test_fields__choice_is_one_of_two(void **state)
{
  (void)state;
  bool other = true;
  json_at root = open_text("{\"a\":\"now\",\"b\":\"later\",\"c\":\"never\"}");
  assert_int_equal(fields_choice(&fields, root, "a", "now", "later", &other), 0);
  assert_false(other);
  assert_int_equal(fields_choice(&fields, root, "b", "now", "later", &other), 0);
  assert_true(other);
  assert_int_equal(fields_choice(&fields, root, "c", "now", "later", &other), -1);
  assert_string_equal(fault.text,
                      "run request: c must be \"now\" or \"later\", not \"never\"");
  close_text();
}

static void test_fields__names_of_ours_are_no_environment_for_agents(void **state)
{
  (void)state;
  assert_true(fields_env_name_good(span_of("PATH")));
  assert_true(fields_env_name_good(span_of("runlet_x")));
  assert_false(fields_env_name_good(span_of("RUNLET_TOKEN")));
  assert_false(fields_env_name_good(span_of("")));
  assert_false(fields_env_name_good(span_of("A=B")));
  assert_false(fields_env_name_good(SPAN_LITERAL("A\0B")));
}

static int forget(void **state)
{
  (void)state;
  arena_forget_all();
  return 0;
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_fields__absent_and_null_leave_what_is_there),
      cmocka_unit_test(test_fields__says_something),
      cmocka_unit_test(test_fields__errors_name_the_field_with_what_stands_before_it),
      cmocka_unit_test(test_fields__no_secret_is_told_in_an_error),
      cmocka_unit_test(test_fields__what_was_given_is_cut_and_one_line),
      cmocka_unit_test(test_fields__what_was_not_asked_for_is_left_out_and_named),
      cmocka_unit_test(test_fields__choice_is_one_of_two),
      cmocka_unit_test(test_fields__names_of_ours_are_no_environment_for_agents),
      cmocka_unit_test(test_fields__a_header_is_one_line_as_it_is),
  };
  return cmocka_run_group_tests(tests, NULL, forget);
}
