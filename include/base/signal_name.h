/* SPDX-License-Identifier: MIT */
/* signal_name.h - the names of the signals that end processes.  */
#ifndef BASE_SIGNAL_NAME_H
#define BASE_SIGNAL_NAME_H

/* "SIGTERM"; NULL: not one that ends processes. */
const char *signal_name(int number);

#endif
