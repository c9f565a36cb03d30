/* SPDX-License-Identifier: MIT */
/* sha256.h - FIPS 180-4: for names that nobody may make two texts share.  Pure.  */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include "base/buf.h"

#include <stdint.h>

enum { SHA256_BYTES = 32 };

void sha256(struct span text, uint8_t out[SHA256_BYTES]);

#endif
