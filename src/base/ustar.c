/* SPDX-License-Identifier: MIT */
/* ustar.c - one header of 512 bytes a file; numbers are octal text. */
#include "base/ustar.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK = 512, NAME = 100, PREFIX = 155, SUM_AT = 148, SUM = 8 };

struct header { /* each field ends in a NUL where it is not full */
  char name[NAME], mode[8], uid[8], gid[8], size[12], mtime[12], sum[SUM], type;
  char link[NAME], magic[8], uname[32], gname[32], major[8], minor[8], prefix[PREFIX];
  char rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a header is a block");

static const char magic[8] = {'u', 's', 't', 'a', 'r', 0, '0', '0'};

static size_t padding(size_t length)
{
  return (BLOCK - length % BLOCK) % BLOCK;
}

/* Of its bytes, the sum itself as blanks. */
static unsigned sum_of(const struct header *h)
{
  const unsigned char *at = (const unsigned char *)h;
  unsigned sum = 0;
  for (size_t i = 0; i < BLOCK; i++)
    sum += i >= SUM_AT && i < SUM_AT + SUM ? ' ' : at[i];
  return sum;
}

/* A name that is too long is cut at a '/'. */
static bool put_name(struct header *h, struct span name)
{
  size_t cut = 0;
  if (name.len == 0 || name.len > 255)
    return false;
  for (size_t i = name.len > NAME ? name.len - NAME - 1 : name.len; i < name.len && !cut;
       i++)
    cut = name.at[i] == '/' ? i : 0;
  if (name.len > NAME && (cut == 0 || cut > PREFIX))
    return false;
  memcpy(h->prefix, name.at, cut);
  name = cut ? span_after(name, cut + 1) : name;
  memcpy(h->name, name.at, name.len);
  return name.len > 0;
}

static void add_zeros(struct buf *out, size_t count)
{
  char *at = buf_reserve(out, count);
  if (!at)
    return;
  memset(at, 0, count);
  buf_grew(out, count);
}

bool ustar_add(struct buf *out, struct span name, struct span content)
{
  struct header h = {.mode = "0000600",
                     .uid = "0000000",
                     .gid = "0000000",
                     .mtime = "00000000000",
                     .type = '0',
                     .major = "0000000",
                     .minor = "0000000"};
  if (!put_name(&h, name) || content.len > 077777777777)
    return false;
  memcpy(h.magic, magic, sizeof h.magic);
  snprintf(h.size, sizeof h.size, "%011llo", (unsigned long long)content.len);
  snprintf(h.sum, sizeof h.sum, "%06o", sum_of(&h));
  h.sum[7] = ' ';
  buf_add(out, (struct span){(const char *)&h, sizeof h});
  buf_add(out, content);
  add_zeros(out, padding(content.len));
  return true;
}

void ustar_end(struct buf *out)
{
  add_zeros(out, (size_t)2 * BLOCK);
}

static bool all_zeros(struct span s)
{
  for (size_t i = 0; i < s.len; i++)
    if (s.at[i] != 0)
      return false;
  return true;
}

/* Digits up to a NUL, a blank or the end of the field. */
static bool read_octal(const char *field, size_t size, unsigned long long *number)
{
  size_t i = 0;
  *number = 0;
  for (; i < size && field[i] >= '0' && field[i] <= '7'; i++)
    *number = *number * 8 + (unsigned)(field[i] - '0');
  return i > 0 && (i == size || field[i] == 0 || field[i] == ' ');
}

static void read_name(const struct header *h, struct ustar_file *file)
{
  size_t prefix = strnlen(h->prefix, PREFIX), name = strnlen(h->name, NAME);
  int n = snprintf(file->text, sizeof file->text, "%.*s%s%.*s", (int)prefix, h->prefix,
                   prefix ? "/" : "", (int)name, h->name);
  file->name = (struct span){file->text, (size_t)n};
}

static int refuse(struct fault *f, const char *why)
{
  return fault_set(f, FAULT_BAD_INPUT, "the archive %s", why);
}

int ustar_next(struct span *rest, struct ustar_file *file, struct fault *f)
{
  struct header h;
  unsigned long long size, sum;
  if (rest->len < BLOCK)
    return refuse(f, "is cut off, or no tar archive");
  if (all_zeros((struct span){rest->at, BLOCK}))
    return rest->len >= (size_t)2 * BLOCK && all_zeros(*rest)
               ? 0
               : refuse(f, "does not end in blocks of zeros");
  memcpy(&h, rest->at, sizeof h);
  if (memcmp(h.magic, magic, sizeof magic) != 0)
    return refuse(f, "is no tar archive (ustar)");
  if (!read_octal(h.sum, SUM, &sum) || sum != sum_of(&h))
    return refuse(f, "is damaged: a header's checksum is wrong");
  read_name(&h, file);
  if (h.type != '0')
    return fault_set(f, FAULT_BAD_INPUT, "\"%s\" in the archive is no plain file",
                     file->text);
  if (!read_octal(h.size, sizeof h.size, &size) || size > rest->len - BLOCK ||
      padding((size_t)size) > rest->len - BLOCK - size)
    return fault_set(f, FAULT_BAD_INPUT,
                     "\"%s\" in the archive is longer than what is there of it",
                     file->text);
  file->content = (struct span){rest->at + BLOCK, (size_t)size};
  *rest = span_after(*rest, BLOCK + (size_t)size + padding((size_t)size));
  return 1;
}
