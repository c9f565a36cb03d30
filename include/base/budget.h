/* SPDX-License-Identifier: MIT */
/* budget.h - how much memory may be held for one run.  Pure.
 *
 * Each buffer has a ceiling of its own; but an agent may have hundreds of them filled at
 * the same time: bodies half sent to its bridge, calls under way and their answers,
 * answers that it does not read, tool calls whose arguments still come.  So what is held
 * for a run from one turn of the loop to the next is charged to its budget (buf_charge()
 * in base/buf.h), and what would go beyond it is not taken: that buffer is `overflowed`,
 * and `on_over` comes, once, from inside whatever asked for the memory.
 *
 * A budget lives until the run has released it and the last byte was given back.
 *
 * What a harness keeps of its agent's words has no way to the run: it is charged to the
 * budget that was entered last.  That is the one global here; each file that has one is
 * named in base/log.h.  */
#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

struct budget;

struct budget *budget_new(size_t most, void (*on_over)(void *who), void *who);
void budget_release(struct budget *b); /* NULL is fine; no on_over after it */
/* False: it is spent, and nothing was taken. */
bool budget_take(struct budget *b, size_t bytes);
void budget_give(struct budget *b, size_t bytes);
size_t budget_used(const struct budget *b);
bool budget_is_over(const struct budget *b);

/* Returns the one before, to be entered again afterwards; NULL: none. */
struct budget *budget_enter(struct budget *b);
struct budget *budget_entered(void);

#endif
