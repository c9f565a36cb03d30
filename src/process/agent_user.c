/* SPDX-License-Identifier: MIT */
/* agent_user.c - the lookup happens once, in runlet; what becomes the user is the fork of
 * the keeper, to which it comes as text in an argument. */
#include "process/agent_user.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* -- finding it -- */

/* As chown(1) has it: a name first, even one that is a number. */
static const struct passwd *entry_find(const char *user)
{
  const struct passwd *p = getpwnam(user);
  unsigned long long uid;
  if (!p && span_to_number(span_of(user), 0, (uid_t)-2, &uid))
    p = getpwuid((uid_t)uid);
  return p;
}

int agent_user_look_up(const char *user, struct agent_user *id, struct strv *env,
                       struct fault *f)
{
  const struct passwd *p = entry_find(user);
  if (!p)
    return fault_set(f, FAULT_BAD_INPUT, "%.60s is not in /etc/passwd", user);
  if (p->pw_uid == 0)
    return fault_set(f, FAULT_BAD_INPUT, "%.60s is root: name another user", user);
  gid_t groups[AGENT_USER_GROUPS];
  int count = AGENT_USER_GROUPS;
  if (getgrouplist(p->pw_name, p->pw_gid, groups, &count) < 0)
    return fault_set(f, FAULT_BAD_INPUT, "%.60s is in more than %d groups", user,
                     AGENT_USER_GROUPS);
  *id = (struct agent_user){.uid = p->pw_uid, .gid = p->pw_gid};
  for (int i = 0; i < count; i++)
    id->groups[id->group_count++] = groups[i];
  strv_set_env(env, "HOME", span_of(p->pw_dir));
  strv_set_env(env, "USER", span_of(p->pw_name));
  strv_set_env(env, "LOGNAME", span_of(p->pw_name));
  strv_set_env(env, "SHELL", span_of(p->pw_shell[0] ? p->pw_shell : "/bin/sh"));
  return 0;
}

/* -- as text -- */

void agent_user_write(const struct agent_user *id, struct buf *out)
{
  if (!id)
    return;
  buf_addf(out, "%u:%u:%d:", id->uid, id->gid, id->may_gain);
  for (size_t i = 0; i < id->group_count; i++)
    buf_addf(out, "%s%u", i ? "," : "", id->groups[i]);
}

static bool take_number(const char **at, char end, unsigned *number)
{
  size_t len = 0;
  while ((*at)[len] && (*at)[len] != end)
    len++;
  unsigned long long value;
  if (!span_to_number((struct span){*at, len}, 0, (uid_t)-2, &value))
    return false;
  *number = (unsigned)value;
  *at += len + ((*at)[len] == end && end);
  return true;
}

bool agent_user_read(const char *text, struct agent_user *id)
{
  unsigned may_gain;
  *id = (struct agent_user){0};
  if (!take_number(&text, ':', &id->uid) || !take_number(&text, ':', &id->gid) ||
      !take_number(&text, ':', &may_gain))
    return false;
  id->may_gain = may_gain;
  while (*text) {
    if (id->group_count == AGENT_USER_GROUPS ||
        !take_number(&text, ',', &id->groups[id->group_count]))
      return false;
    id->group_count++;
  }
  return true;
}

int agent_user_check_rights(struct fault *f)
{
  struct __user_cap_header_struct version = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct ours[2] = {{0}};
  if (syscall(SYS_capget, &version, ours) < 0)
    return 0; /* nobody tells: what is missing shows when it is needed */
  bool gives = ours[0].effective >> CAP_CHOWN & 1;
  bool writes = ours[0].effective >> CAP_DAC_OVERRIDE & 1;
  if (gives && writes)
    return 0;
  return fault_set(f, FAULT_BAD_INPUT, "%s is needed (cap_add): the container has it not",
                   gives ? "CAP_DAC_OVERRIDE" : "CAP_CHOWN");
}

/* -- becoming it -- */

/* Not libc's calls: those would change every thread's identity, the keeper's too while
 * the agent still runs on its memory. */
int agent_user_take_on(const struct agent_user *id)
{
  if (syscall(SYS_setgroups, id->group_count, id->groups) < 0 ||
      syscall(SYS_setresgid, id->gid, id->gid, id->gid) < 0 ||
      syscall(SYS_setresuid, id->uid, id->uid, id->uid) < 0)
    return errno;
  /* Where the system says fs.suid_dumpable=1, the change has opened our memory. */
  (void)prctl(PR_SET_DUMPABLE, 0); /* 0 is always allowed */
  if (!id->may_gain && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
    return errno;
  return 0;
}

struct finding {
  int become, enter; /* errno */
};

_Noreturn static void try_out(const struct agent_user *id, const char *folder,
                              bool write_it, int to)
{
  struct finding found = {.become = agent_user_take_on(id)};
  if (!found.become && access(folder, write_it ? W_OK | X_OK : X_OK) < 0)
    found.enter = errno;
  char any;
  (void)!write(to, &found, sizeof found);
  (void)!read(to, &any, 1); /* stays until its parent has looked, and closes its end */
  _exit(0);
}

int agent_user_check(const struct agent_user *id, const char *folder, bool write_it,
                     struct fault *f)
{
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
    return fault_system(f, -errno, "cannot make a socket");
  pid_t pid = fork();
  if (pid == 0) {
    close(pair[0]);
    try_out(id, folder, write_it, pair[1]);
  }
  int failed = errno;
  close(pair[1]);
  struct finding found = {0};
  bool told = pid > 0 && recv(pair[0], &found, sizeof found, 0) == (ssize_t)sizeof found;
  /* Signal 0 only asks for leave.  The process must live for it: of one that is gone the
   * kernel says ESRCH, whoever asks. */
  int end = kill(pid > 0 ? pid : getpid(), 0) < 0 ? errno : 0;
  close(pair[0]);
  while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
    ;
  if (pid < 0)
    return fault_system(f, -failed, "cannot start a process");
  if (!told)
    return fault_set(f, FAULT_SYSTEM, "trying out uid %u failed", id->uid);
  if (found.become)
    return fault_set(
        f, FAULT_BAD_INPUT,
        "we may not become uid %u (%s): CAP_SETUID and CAP_SETGID are needed", id->uid,
        strerror(found.become));
  if (end)
    return fault_set(f, FAULT_BAD_INPUT,
                     "we may not end what runs as uid %u (%s): CAP_KILL is needed",
                     id->uid, strerror(end));
  if (found.enter)
    return fault_set(f, FAULT_BAD_INPUT, "uid %u cannot %s %s: %s", id->uid,
                     write_it ? "write in" : "enter", folder, strerror(found.enter));
  return 0;
}
