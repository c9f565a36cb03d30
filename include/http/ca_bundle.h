/* SPDX-License-Identifier: MIT */
/* ca_bundle.h - which certificates are trusted.
 *
 * In this order: the file given, $SSL_CERT_FILE, then the first readable of the places
 * where distributions keep theirs. A file that was named and cannot be read is
 * FAULT_BAD_INPUT: whoever named it meant it.  None at all is FAULT_SYSTEM, which matters
 * only when https is wanted; verification is never turned off.  */
#ifndef HTTP_CA_BUNDLE_H
#define HTTP_CA_BUNDLE_H

#include "base/buf.h"
#include "base/fault.h"

int ca_bundle_look_up(const char *given, struct buf *path, struct fault *f);

#endif
