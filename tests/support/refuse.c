/* SPDX-License-Identifier: MIT */
/* refuse.c - a container's seccomp filter in small:
 *
 *   refuse NAME[=ERRNO|=kill]... -- COMMAND [ARG...]
 *
 * COMMAND and all below it get ERRNO (a number; default EPERM) from these calls; kill:
 * the process dies of SIGSYS.  `subreaper` is prctl(PR_SET_CHILD_SUBREAPER) alone, as
 * emulators refuse it; `netlink` a socket of that family. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
  const char *name;
  unsigned number;
} calls[] = {
    {"execveat", SYS_execveat},       {"clone3", SYS_clone3},
    {"close_range", SYS_close_range}, {"getrandom", SYS_getrandom},
    {"pidfd_open", SYS_pidfd_open},   {"io_uring_setup", SYS_io_uring_setup},
    {"setsid", SYS_setsid},           {"subreaper", SYS_prctl},
    {"fchown", SYS_fchown},           {"socketpair", SYS_socketpair},
    {"inotify", SYS_inotify_init1},   {"netlink", SYS_socket},
};

static struct sock_filter program[128];
static unsigned short length;

static void add(struct sock_filter one)
{
  program[length++] = one;
}

static void refuse(unsigned number, unsigned first, unsigned action)
{
  unsigned argument = offsetof(struct seccomp_data, args);
  if (first) { /* only with this first argument */
    add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4));
    add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, argument));
    add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, first, 0, 1));
    add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
    add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                     offsetof(struct seccomp_data, nr)));
  } else {
    add((struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1));
    add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
  }
}

/* The first argument with which alone it is refused; 0: with any. */
static unsigned first_of(const char *name)
{
  if (strcmp(name, "subreaper") == 0)
    return PR_SET_CHILD_SUBREAPER;
  return strcmp(name, "netlink") == 0 ? AF_NETLINK : 0;
}

static int read_word(char *word)
{
  char *value = strchr(word, '=');
  if (value)
    *value++ = 0;
  unsigned action = SECCOMP_RET_ERRNO | (value ? (unsigned)atoi(value) : EPERM);
  if (value && strcmp(value, "kill") == 0)
    action = SECCOMP_RET_KILL_PROCESS;
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
    if (strcmp(calls[i].name, word) == 0) {
      refuse(calls[i].number, first_of(word), action);
      return 0;
    }
  fprintf(stderr, "refuse: no such call: %s\n", word);
  return -1;
}

int main(int argc, char **argv)
{
  int i = 1;
  add((struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                   offsetof(struct seccomp_data, nr)));
  for (; i < argc && strcmp(argv[i], "--") != 0; i++)
    if (read_word(argv[i]) < 0)
      return 2;
  add((struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  struct sock_fprog whole = {.len = length, .filter = program};
  if (i + 1 >= argc || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
      prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole) < 0) {
    perror("refuse");
    return 2;
  }
  execvp(argv[i + 1], argv + i + 1);
  perror(argv[i + 1]);
  return 127;
}
