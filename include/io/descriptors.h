/* SPDX-License-Identifier: MIT */
/* descriptors.h - the last descriptors that the process may have are kept for the control
 * port: whatever its agents do, whoever wants to cancel a run must get in.
 *
 * The kernel gives out the lowest number that is free, so the number of a new descriptor
 * tells how many there are.  Whoever opens one for an agent (its connections to the
 * bridge, calls to the host, pipes of a process) asks, and closes it again if it is among
 * the last LIMIT_SPARE_FDS (a quarter, where that is less).  */
#ifndef IO_DESCRIPTORS_H
#define IO_DESCRIPTORS_H

#include <stdbool.h>

/* `fd` has just been opened, and is one of the last. */
bool descriptors_is_spare(int fd);
/* Whatever is opened next would be one of the last. */
bool descriptors_are_short(void);

#endif
