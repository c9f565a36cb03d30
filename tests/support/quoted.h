/* SPDX-License-Identifier: MIT */
/* quoted.h - JSON in C sources that can be read: quoted("{'id':%s}", id). */
#ifndef SUPPORT_QUOTED_H
#define SUPPORT_QUOTED_H

/* As printf(), with every ' a ".  At most 4 KiB; good until the eighth call after it. */
const char *quoted(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
