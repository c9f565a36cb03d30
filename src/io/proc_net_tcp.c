/* SPDX-License-Identifier: MIT */
/* proc_net_tcp.c - the columns are told apart by their position; a line that does not fit
 * is passed over. */
#include "proc_net_tcp.h"

#include <string.h>

/* Cuts the next word off `line`; blanks around it go. */
static struct span word(struct span *line)
{
  while (line->len > 0 && line->at[0] == ' ')
    *line = span_after(*line, 1);
  size_t len = 0;
  while (len < line->len && line->at[len] != ' ')
    len++;
  struct span w = {line->at, len};
  *line = span_after(*line, len);
  return w;
}

static bool read_hex(struct span s, unsigned *value)
{
  *value = 0;
  if (s.len == 0 || s.len > 8)
    return false;
  for (size_t i = 0; i < s.len; i++) {
    const char *digits = "0123456789ABCDEF", *at = strchr(digits, s.at[i]);
    if (!s.at[i] || !at)
      return false;
    *value = *value << 4 | (unsigned)(at - digits);
  }
  return true;
}

/* "0100007F:1F90" or 32 digits and a port. */
static bool read_end(struct span s, struct peer_end *end)
{
  size_t digits = 0;
  while (digits < s.len && s.at[digits] != ':')
    digits++;
  if ((digits != 8 && digits != 32) || s.len != digits + 5)
    return false;
  *end = (struct peer_end){0};
  if (digits == 8)
    end->address[10] = end->address[11] = 0xff;
  unsigned char *to = end->address + (digits == 8 ? 12 : 0);
  for (size_t i = 0; i < digits; i += 8, to += 4) {
    unsigned value;
    if (!read_hex((struct span){s.at + i, 8}, &value))
      return false;
    memcpy(to, &value, 4); /* as the machine has it: the kernel printed it so */
  }
  return read_hex(span_after(s, digits + 1), &end->port);
}

static bool is_same(const struct peer_end *a, const struct peer_end *b)
{
  return a->port == b->port && !memcmp(a->address, b->address, sizeof a->address);
}

static bool read_row(struct span line, const struct peer_end *local,
                     const struct peer_end *remote, struct peer_row *row)
{
  struct peer_end end;
  unsigned long long uid;
  (void)word(&line); /* its number */
  if (!read_end(word(&line), &end) || !is_same(&end, local) ||
      !read_end(word(&line), &end) || !is_same(&end, remote))
    return false;
  for (int i = 0; i < 4; i++) /* state, queues, timer, retransmits */
    (void)word(&line);
  if (!span_to_number(word(&line), 0, (unsigned)-1, &uid))
    return false;
  (void)word(&line); /* timeout */
  row->uid = (unsigned)uid;
  return span_to_number(word(&line), 0, (unsigned long long)-1, &row->inode);
}

bool proc_net_tcp_read(struct span table, const struct peer_end *local,
                       const struct peer_end *remote, struct peer_row *row)
{
  bool found = false;
  struct peer_row one;
  while (table.len > 0) {
    size_t len = 0;
    while (len < table.len && table.at[len] != '\n')
      len++;
    if (read_row((struct span){table.at, len}, local, remote, &one)) {
      *row = one;
      found = true;
      if (one.inode)
        return true;
    }
    table = span_after(table, len < table.len ? len + 1 : len);
  }
  return found;
}
