/* SPDX-License-Identifier: MIT */
/* session_order.h - which message is next, and how long it is waited for.  Pure.
 *
 * Messages have numbers from 1 on and are taken in that order, none before the one that
 * goes before it.  One that is missing while a later one is there, and one that cannot be
 * read, are looked for so many times; then the loss is told, and it goes on behind.  */
#ifndef DOOR_SESSION_ORDER_H
#define DOOR_SESSION_ORDER_H

#include <stdbool.h>

struct session_order {
  unsigned long long expected; /* the next one; begins with 1 */
  unsigned most, missed, unread;
};

struct session_order session_order_make(unsigned most);
/* The number of the file "000000000012.json", 0: it is none. */
unsigned long long session_order_number(const char *name);
void session_order_name(unsigned long long number, char name[32]);

void session_order_took(struct session_order *o);
/* The next one is not there, and the smallest of the later ones is `later` (0: there is
 * none).  True: `later` is expected from now on, what was before it is lost. */
bool session_order_missing(struct session_order *o, unsigned long long later);
/* The next one is there and cannot be read.  True: it is to be dropped, it was the last
 * time. */
bool session_order_unreadable(struct session_order *o);

#endif
