/* SPDX-License-Identifier: MIT */
/* self_usage.h - what this process uses of the machine, as the kernel counts it.  */
#ifndef IO_SELF_USAGE_H
#define IO_SELF_USAGE_H

struct self_usage {
  unsigned long long rss_bytes; /* 0: /proc cannot be read */
  double cpu_s;                 /* user and system */
  double children_cpu_s; /* of keepers that ended, and of all they had waited for */
};
struct self_usage self_usage(void);

#endif
