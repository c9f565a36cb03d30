/* SPDX-License-Identifier: MIT */
/* Any table is read within its bounds; a row that is found still is with a line before
 * it, and one without the sought ends never is.  First 36 bytes: the two ends. */
#include "base/limits.h"
#include "io/proc_net_tcp.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static struct peer_end take_end(const uint8_t **data)
{
  struct peer_end e;
  memcpy(e.address, *data, 16);
  e.port = (unsigned)((*data)[16] << 8 | (*data)[17]);
  *data += 18;
  return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size < 36 || size > 64 * KIB)
    return 0;
  struct span table = {(const char *)data + 36, size - 36};
  struct peer_end local = take_end(&data), remote = take_end(&data);
  struct peer_row row = {0}, again = {0};
  bool found = proc_net_tcp_read(table, &local, &remote, &row);
  struct buf longer = buf_make(128 * KIB);
  buf_add_text(&longer, "  sl  local_address rem_address\n");
  buf_add(&longer, table);
  if (proc_net_tcp_read(buf_span(&longer), &local, &remote, &again) != found ||
      row.inode != again.inode || row.uid != again.uid)
    abort();
  local.port = 0x10000; /* no port */
  if (proc_net_tcp_read(table, &local, &remote, &again))
    abort();
  buf_free(&longer);
  return 0;
}
