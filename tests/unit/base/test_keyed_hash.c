/* SPDX-License-Identifier: MIT */
#include "base/keyed_hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void test_keyed_hash__is_siphash_1_3(void **state)
{
  (void)state;
  static const uint64_t key[2] = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
  char text[64];
  for (unsigned i = 0; i < sizeof text; i++)
    text[i] = (char)i;
  /* The first of the vectors that implementations share. */
  assert_true(keyed_hash_by(key, (struct span){text, 0}) == 0xabac0158050fc4dcu);
  assert_true(keyed_hash_by(key, (struct span){text, 1}) == 0xc9f49bf37d57ca93u);
  assert_true(keyed_hash_by(key, (struct span){text, 2}) == 0x82cb9b024dc7d44du);
  assert_true(keyed_hash_by(key, (struct span){text, 15}) == 0xd320d86d2a519956u);
  assert_true(keyed_hash_by(key, (struct span){text, 16}) == 0xcc4fdd1a7d908b66u);
  assert_true(keyed_hash_by(key, (struct span){text, 17}) == 0x9cf2689063dbd80cu);
}

static void test_keyed_hash__tells_texts_apart(void **state)
{
  (void)state;
  assert_true(keyed_hash(SPAN_LITERAL("a")) == keyed_hash(span_of("a")));
  assert_true(keyed_hash(SPAN_LITERAL("a")) != keyed_hash(SPAN_LITERAL("b")));
  assert_true(keyed_hash(SPAN_LITERAL("a")) != keyed_hash((struct span){"a\0", 2}));
  assert_true(keyed_hash((struct span){0}) != 0);
}

static void test_keyed_hash__is_another_in_each_process(void **state)
{
  (void)state;
  char self[200];
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  assert_true(n > 0);
  self[n] = 0;
  uint64_t hashes[2] = {0};
  for (unsigned i = 0; i < 2; i++) {
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
      dup2(ends[1], 1);
      execl(self, self, "hash", (char *)NULL);
      _exit(127);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &hashes[i], sizeof hashes[i]), sizeof hashes[i]);
    close(ends[0]);
    waitpid(pid, NULL, 0);
  }
  assert_true(hashes[0] != hashes[1]);
}

int main(int argc, char **argv)
{
  if (argc > 1 && !strcmp(argv[1], "hash")) {
    uint64_t hash = keyed_hash(SPAN_LITERAL("a"));
    return write(1, &hash, sizeof hash) != (ssize_t)sizeof hash;
  }
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_keyed_hash__is_siphash_1_3),
      cmocka_unit_test(test_keyed_hash__tells_texts_apart),
      cmocka_unit_test(test_keyed_hash__is_another_in_each_process),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
