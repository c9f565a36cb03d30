/* SPDX-License-Identifier: MIT */
#include "io/proc_net_tcp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD                                                                             \
  "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  "  \
  "timeout inode\n"

/* As a little-endian machine prints it; the test asks in that machine's way. */
static struct peer_end four(unsigned char last, unsigned port)
{
  struct peer_end e = {.address = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = last},
                       .port = port};
  return e;
}

static bool find(const char *table, const struct peer_end *local,
                 const struct peer_end *remote, struct peer_row *row)
{
  size_t len = strlen(table);
  char *copy = malloc(len ? len : 1); /* without a NUL: nothing may read on */
  assert_non_null(copy);
  memcpy(copy, table, len);
  bool found = proc_net_tcp_read((struct span){copy, len}, local, remote, row);
  free(copy);
  return found;
}

static const char table[] = HEAD
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0   "
    "     0 100 1 0000000000000000 100 0 0 10 0\n"
    "   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0   "
    "     0 101 1 0000000000000000 20 4 30 10 -1\n"
    "   2: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000 65534   "
    "     0 102 1 0000000000000000 20 4 30 10 -1\n"
    "   3: 0100007F:C351 0100007F:1F90 05 00000000:00000000 00:00000000 00000000     0   "
    "     0 0 1 0000000000000000 20 4 30 10 -1\n";

static void test_proc_net_tcp__finds_the_peers_own_row(void **state)
{
  (void)state;
  struct peer_row row;
  struct peer_end server = four(1, 0x1f90), client = four(1, 0xc350);
  assert_true(find(table, &client, &server, &row));
  assert_int_equal(row.uid, 65534);
  assert_int_equal(row.inode, 102);
  assert_true(find(table, &server, &client, &row)); /* the other direction is ours */
  assert_int_equal(row.inode, 101);
}

static void test_proc_net_tcp__a_closed_socket_has_no_inode(void **state)
{
  (void)state;
  struct peer_row row;
  struct peer_end server = four(1, 0x1f90), client = four(1, 0xc351);
  assert_true(find(table, &client, &server, &row));
  assert_int_equal(row.inode, 0);
}

static void test_proc_net_tcp__says_when_there_is_no_row(void **state)
{
  (void)state;
  struct peer_row row;
  struct peer_end server = four(1, 0x1f90), client = four(1, 0xc352),
                  other = four(2, 0xc350);
  assert_false(find(table, &client, &server, &row));
  assert_false(find(table, &other, &server, &row));
  assert_false(find("", &client, &server, &row));
  assert_false(find(HEAD, &client, &server, &row));
}

static void test_proc_net_tcp__reads_both_families_and_ipv4_within_ipv6(void **state)
{
  (void)state;
  static const char six[] = HEAD
      "   0: 00000000000000000000000001000000:C350 00000000000000000000000001000000:1F90 "
      "01 00000000:00000000 00:00000000 00000000  1000        0 7 1 0 20 4 30 10 -1\n"
      "   1: 0000000000000000FFFF00000100007F:C350 0000000000000000FFFF00000100007F:1F90 "
      "01 00000000:00000000 00:00000000 00000000  1001        0 8 1 0 20 4 30 10 -1";
  struct peer_row row;
  struct peer_end one = {.address = {[15] = 1}, .port = 0x1f90}, two = one;
  two.port = 0xc350;
  assert_true(find(six, &two, &one, &row));
  assert_int_equal(row.uid, 1000);
  struct peer_end server = four(1, 0x1f90), client = four(1, 0xc350);
  assert_true(find(six, &client, &server, &row));
  assert_int_equal(row.uid, 1001);
}

static void test_proc_net_tcp__a_row_with_an_inode_wins(void **state)
{
  (void)state;
  static const char both[] = " 0: 0100007F:C350 0100007F:1F90 06 0:0 00:0 0 0 0 0\n"
                             " 1: 0100007F:C350 0100007F:1F90 01 0:0 00:0 0 1000 0 9\n";
  struct peer_row row;
  struct peer_end server = four(1, 0x1f90), client = four(1, 0xc350);
  assert_true(find(both, &client, &server, &row));
  assert_int_equal(row.inode, 9);
}

static void test_proc_net_tcp__what_is_no_row_is_passed_over(void **state)
{
  (void)state;
  static const char *const wrong[] = {
      " 0: 0100007F:C350 0100007F:1F90\n",
      " 0: 0100007F:C350 0100007F:1F90 01 0:0 00:0 0 -1 0 9\n",
      " 0: 0100007F:C350 0100007F:1F90 01 0:0 00:0 0 99999999999 0 9\n",
      " 0: 0100007G:C350 0100007F:1F90 01 0:0 00:0 0 1000 0 9\n",
      " 0: 0100007F:C350C350C350 0100007F:1F90 01 0:0 00:0 0 1000 0 9\n",
      " 0: 0100007F: 0100007F:1F90 01 0:0 00:0 0 1000 0 9\n",
      " 0: 0100007FC350 0100007F:1F90 01 0:0 00:0 0 1000 0 9\n",
      "0100007F:C350 0100007F:1F90 01 0:0 00:0 0 1000 0 9\n",
      "\n\n\n",
      "     ",
  };
  struct peer_row row;
  struct peer_end server = four(1, 0x1f90), client = four(1, 0xc350);
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    if (find(wrong[i], &client, &server, &row))
      fail_msg("taken: %s", wrong[i]);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_proc_net_tcp__finds_the_peers_own_row),
      cmocka_unit_test(test_proc_net_tcp__a_closed_socket_has_no_inode),
      cmocka_unit_test(test_proc_net_tcp__says_when_there_is_no_row),
      cmocka_unit_test(test_proc_net_tcp__reads_both_families_and_ipv4_within_ipv6),
      cmocka_unit_test(test_proc_net_tcp__a_row_with_an_inode_wins),
      cmocka_unit_test(test_proc_net_tcp__what_is_no_row_is_passed_over),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
