/* SPDX-License-Identifier: MIT */
#include "telemetry/otlp_settings.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define E "OTEL_EXPORTER_OTLP_"

static struct otlp_settings s;

static int read(const char *endpoint, const char *a, const char *b, const char *c)
{
  char *env[] = {(char *)a, (char *)b, (char *)c, NULL};
  struct fault f = {0};
  int failed = otlp_settings_read(endpoint, env, &s, &f);
  if (failed)
    assert_non_null(strstr(f.text, "--otlp-endpoint"));
  return failed;
}

static void expect_url(const char *endpoint, const char *a, const char *b, const char *c,
                       const char *url, const char *note)
{
  assert_int_equal(read(endpoint, a, b, c), 0);
  assert_string_equal(buf_cstring(&s.url), url);
  if (note[0] ? !strstr(buf_cstring(&s.note), note) : s.note.len > 0)
    fail_msg("%s", buf_cstring(&s.note));
  assert_int_equal(s.head.len > 0, url[0] != 0);
  otlp_settings_free(&s);
}

static void test_otlp_settings__an_endpoint_for_all_signals_gets_the_path(void **state)
{
  (void)state;
  expect_url(NULL, NULL, NULL, NULL, "", "");
  expect_url(NULL, E "ENDPOINT=", NULL, NULL, "", "");
  expect_url(NULL, E "ENDPOINT=http://c:4318", NULL, NULL, "http://c:4318/v1/traces", "");
  expect_url(NULL, E "ENDPOINT= https://c/p/ ", NULL, NULL, "https://c/p/v1/traces", "");
  expect_url(NULL, E "TRACES_ENDPOINT=http://c:4318/own", E "ENDPOINT=http://d", NULL,
             "http://c:4318/own", "");
  expect_url("http://e", E "TRACES_ENDPOINT=http://c:4318/own", E "ENDPOINT=http://d",
             NULL, "http://e/v1/traces", "");
}

static void test_otlp_settings__variables_for_others_start_nothing(void **state)
{
  (void)state;
  static const char all[] = E "ENDPOINT=http://c";
  expect_url(NULL, all, "OTEL_SDK_DISABLED=TRUE", NULL, "", "");
  expect_url(NULL, all, "OTEL_SDK_DISABLED=false", NULL, "http://c/v1/traces", "");
  expect_url(NULL, all, "OTEL_TRACES_EXPORTER=console", NULL, "", "");
  expect_url(NULL, all, "OTEL_TRACES_EXPORTER=console,otlp", NULL, "http://c/v1/traces",
             "");
  expect_url(NULL, all, E "PROTOCOL=grpc", NULL, "", "grpc");
  expect_url(NULL, all, E "PROTOCOL=grpc", E "TRACES_PROTOCOL=http/protobuf",
             "http://c/v1/traces", "");
  expect_url("http://e", E "PROTOCOL=grpc", "OTEL_SDK_DISABLED=true", NULL,
             "http://e/v1/traces", "");
  expect_url(NULL, E "ENDPOINT=c:4317", NULL, NULL, "", "OTEL_EXPORTER_OTLP_ENDPOINT: ");
  expect_url(NULL, E "TRACES_ENDPOINT=http://u:p@c", NULL, NULL, "", "TRACES_ENDPOINT: ");
  assert_int_equal(read("c:4317", NULL, NULL, NULL), -1);
  otlp_settings_free(&s);
}

static void
test_otlp_settings__headers_are_decoded_and_cannot_end_their_line(void **state)
{
  (void)state;
  assert_int_equal(read("http://c",
                        E "HEADERS= api-key = a%2Cb%0d%0ax: y , x==z,,bad name=1,=2,none",
                        NULL, NULL),
                   0);
  assert_string_equal(s.headers[0], "content-type: application/json");
  assert_string_equal(s.headers[1], "api-key: a,b__x: y");
  assert_string_equal(s.headers[2], "x: =z");
  assert_null(s.headers[3]);
  assert_non_null(strstr(buf_cstring(&s.note), "HEADERS"));
  otlp_settings_free(&s);
  read("http://c", E "HEADERS=a=1", E "TRACES_HEADERS=b=2", NULL);
  assert_string_equal(s.headers[1], "b: 2");
  assert_null(s.headers[2]);
  otlp_settings_free(&s);
  struct buf many = buf_make(MIB);
  buf_add_text(&many, E "HEADERS=");
  for (int i = 0; i < 100; i++)
    buf_add_text(&many, "a=1,");
  read("http://c", buf_cstring(&many), NULL, NULL);
  assert_non_null(s.headers[OTLP_HEADERS - 2]);
  assert_null(s.headers[OTLP_HEADERS - 1]);
  otlp_settings_free(&s);
  buf_free(&many);
  assert_true(otlp_settings_is_secret(E "HEADERS=a"));
  assert_true(otlp_settings_is_secret(E "TRACES_HEADERS=a"));
  assert_false(otlp_settings_is_secret(E "HEADERS_=a"));
  assert_false(otlp_settings_is_secret(E "ENDPOINT=a"));
}

static void test_otlp_settings__the_resource_is_as_the_variables_name_it(void **state)
{
  (void)state;
  static const char front[] = "{\"resourceSpans\":[{\"resource\":{\"attributes\":[";
  static const struct {
    const char *a, *b, *resource;
  } cases[] = {
      {NULL, NULL, "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"runlet\"}}]}"},
      {"OTEL_RESOURCE_ATTRIBUTES=a=%C3%A9%2C,service.name=s", NULL,
       "{\"key\":\"a\",\"value\":{\"stringValue\":\"\xc3\xa9,\"}},"
       "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"s\"}}]}"},
      {"OTEL_RESOURCE_ATTRIBUTES=service.name=s,bad=%ff,none=", "OTEL_SERVICE_NAME=t",
       "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"t\"}},"
       "{\"key\":\"bad\",\"value\":{\"stringValue\":\"\xef\xbf\xbd\"}}]}"}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    read("http://c", cases[i].a, cases[i].b, NULL);
    assert_true(span_starts(buf_span(&s.head), front));
    if (!span_starts(span_after(buf_span(&s.head), sizeof front - 1), cases[i].resource))
      fail_msg("%s", buf_cstring(&s.head));
    otlp_settings_free(&s);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_otlp_settings__an_endpoint_for_all_signals_gets_the_path),
      cmocka_unit_test(test_otlp_settings__variables_for_others_start_nothing),
      cmocka_unit_test(test_otlp_settings__headers_are_decoded_and_cannot_end_their_line),
      cmocka_unit_test(test_otlp_settings__the_resource_is_as_the_variables_name_it),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
