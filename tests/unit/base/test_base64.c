/* SPDX-License-Identifier: MIT */
#include "base/base64.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* RFC 4648, section 10 */
static const struct {
  const char *plain, *text;
} vectors[] = {{"", ""},
               {"f", "Zg=="},
               {"fo", "Zm8="},
               {"foo", "Zm9v"},
               {"foob", "Zm9vYg=="},
               {"fooba", "Zm9vYmE="},
               {"foobar", "Zm9vYmFy"}};

static void test_base64__encodes_and_decodes_the_vectors_of_the_rfc(void **state)
{
  (void)state;
  for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
    struct buf text = buf_make(KIB), plain = buf_make(KIB);
    base64_encode(span_of(vectors[i].plain), &text);
    assert_string_equal(buf_cstring(&text), vectors[i].text);
    assert_int_equal(base64_length(strlen(vectors[i].plain)), text.len);
    assert_true(base64_decode(buf_span(&text), true, &plain));
    assert_string_equal(buf_cstring(&plain), vectors[i].plain);
    buf_free(&text);
    buf_free(&plain);
  }
}

static void test_base64__every_byte_comes_back(void **state)
{
  (void)state;
  char all[256];
  for (int i = 0; i < 256; i++)
    all[i] = (char)i;
  for (size_t len = 0; len <= sizeof all; len++) {
    struct span bytes = {all + sizeof all - len, len};
    struct buf text = buf_make(KIB), plain = buf_make(KIB);
    base64_encode(bytes, &text);
    assert_true(base64_decode(buf_span(&text), true, &plain));
    assert_true(span_equal(buf_span(&plain), bytes));
    buf_free(&text);
    buf_free(&plain);
  }
}

static void test_base64__refuses_what_is_not_whole_or_has_other_bytes(void **state)
{
  (void)state;
  static const char *const wrong[] = {"Zg",    "Zg=",        "Zg===", "=",      "====",
                                      "Z===",  "Zg==Zg==",   "Zm 9",  "Zm9v\n", "Zm-_",
                                      "Zm9v=", "Z\xc3\xa9-", "Zg=v"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    struct buf plain = buf_make(KIB);
    if (base64_decode(span_of(wrong[i]), false, &plain))
      fail_msg("%s was taken", wrong[i]);
    buf_free(&plain);
  }
}

static void test_base64__a_canonical_text_has_no_bits_left_over(void **state)
{
  (void)state;
  static const char *const loose[] = {"Zh==", "Zm9=", "Z/=="};
  for (size_t i = 0; i < sizeof loose / sizeof *loose; i++) {
    struct buf plain = buf_make(KIB);
    assert_true(base64_decode(span_of(loose[i]), false, &plain));
    buf_clear(&plain);
    assert_false(base64_decode(span_of(loose[i]), true, &plain));
    buf_free(&plain);
  }
}

static void test_base64__stops_at_the_ceiling(void **state)
{
  (void)state;
  struct buf small = buf_make(3);
  assert_false(base64_decode(SPAN_LITERAL("Zm9vYmFy"), true, &small));
  buf_clear(&small);
  base64_encode(SPAN_LITERAL("foo"), &small);
  assert_true(small.overflowed);
  assert_int_equal(small.len, 0);
  buf_free(&small);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_base64__encodes_and_decodes_the_vectors_of_the_rfc),
      cmocka_unit_test(test_base64__every_byte_comes_back),
      cmocka_unit_test(test_base64__refuses_what_is_not_whole_or_has_other_bytes),
      cmocka_unit_test(test_base64__a_canonical_text_has_no_bits_left_over),
      cmocka_unit_test(test_base64__stops_at_the_ceiling),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
