/* SPDX-License-Identifier: MIT */
/* The standard's own examples, and each length around a block. */
#include "base/sha256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect(struct span text, const char *hex)
{
  uint8_t digest[SHA256_BYTES];
  char got[2 * SHA256_BYTES + 1];
  sha256(text, digest);
  for (unsigned i = 0; i < SHA256_BYTES; i++)
    snprintf(got + 2 * i, 3, "%02x", digest[i]);
  assert_string_equal(got, hex);
}

static void test_sha256__is_the_standards(void **state)
{
  (void)state;
  expect((struct span){0},
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect(SPAN_LITERAL("abc"),
         "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(SPAN_LITERAL("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  char *million = malloc(1000000);
  memset(million, 'a', 1000000);
  expect((struct span){million, 1000000},
         "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  free(million);
}

static void test_sha256__tells_every_length_around_a_block_apart(void **state)
{
  (void)state;
  char text[200] = {0};
  uint8_t digests[200][SHA256_BYTES];
  for (unsigned n = 0; n < 200; n++) {
    sha256((struct span){text, n}, digests[n]);
    for (unsigned i = 0; i < n; i++)
      assert_memory_not_equal(digests[i], digests[n], SHA256_BYTES);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sha256__is_the_standards),
      cmocka_unit_test(test_sha256__tells_every_length_around_a_block_apart),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
