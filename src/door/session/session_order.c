/* SPDX-License-Identifier: MIT */
/* session_order.c - two counts, both begun anew by each message that is done with.  */
#include "session_order.h"

#include "base/buf.h"

#include <stdio.h>
#include <string.h>

enum { DIGITS = 12 };

struct session_order session_order_make(unsigned most)
{
  return (struct session_order){.expected = 1, .most = most};
}

unsigned long long session_order_number(const char *name)
{
  unsigned long long number = 0;
  if (strlen(name) != DIGITS + strlen(".json") || strcmp(name + DIGITS, ".json") != 0 ||
      !span_to_number((struct span){name, DIGITS}, 1, 999999999999ull, &number))
    return 0;
  return number;
}

void session_order_name(unsigned long long number, char name[32])
{
  snprintf(name, 32, "%0*llu.json", DIGITS, number);
}

static void expect(struct session_order *o, unsigned long long number)
{
  o->expected = number;
  o->missed = o->unread = 0;
}

void session_order_took(struct session_order *o)
{
  expect(o, o->expected + 1);
}

bool session_order_missing(struct session_order *o, unsigned long long later)
{
  if (later == 0 || ++o->missed < o->most)
    return false;
  expect(o, later);
  return true;
}

bool session_order_unreadable(struct session_order *o)
{
  if (++o->unread < o->most)
    return false;
  expect(o, o->expected + 1);
  return true;
}
