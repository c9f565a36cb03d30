/* SPDX-License-Identifier: MIT */
/* keyed_hash.h - 64 bits that tell texts apart, also texts that were made to be taken for
 * one another.
 *
 * SipHash-1-3 under a key that this process drew for itself: who does not know it can
 * neither fill one place of a table nor make two texts the same.  So it is another number
 * in the next process, and nothing that is shown or kept may depend on it.  */
#ifndef BASE_KEYED_HASH_H
#define BASE_KEYED_HASH_H

#include "base/buf.h"

uint64_t keyed_hash(struct span text); /* never 0 */
/* The same under a given key. */
uint64_t keyed_hash_by(const uint64_t key[2], struct span text);

#endif
