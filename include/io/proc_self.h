/* SPDX-License-Identifier: MIT */
/* proc_self.h - whether /proc is the table of our own PID namespace.
 *
 * In one of another (unshare --pid without --mount-proc, a sidecar's mount) the numbers
 * are others' processes: who signals by it ends what has the same number here.  So
 * /proc/<pid> is believed only where /proc/self is us; /proc/self/… is, wherever it
 * leads, about us.  Asked again each time, for it costs one call.  */
#ifndef IO_PROC_SELF_H
#define IO_PROC_SELF_H

enum proc_self { PROC_OURS, PROC_NONE, PROC_FOREIGN };
enum proc_self proc_self_look_up(void);

#endif
