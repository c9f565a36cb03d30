/* SPDX-License-Identifier: MIT */
/* agent_user.h - another user, as whom an agent runs (--agent-user).
 *
 * Looked up once, at the start, in passwd and group.  The keeper (process/keeper.h) stays
 * what runlet is, so that its signals always arrive; only between fork and exec the agent
 * becomes that user: groups, group, user, and PR_SET_NO_NEW_PRIVS, without which it
 * could get more again by a set-user-id program.  */
#ifndef PROCESS_AGENT_USER_H
#define PROCESS_AGENT_USER_H

#include "base/fault.h"
#include "base/process.h"

#define AGENT_USER_GROUPS 64

struct agent_user {
  unsigned uid, gid, groups[AGENT_USER_GROUPS];
  size_t group_count;
  bool may_gain; /* PR_SET_NO_NEW_PRIVS is left off */
};

/* `user`: a name or a uid of /etc/passwd, not root.  HOME, USER, LOGNAME and SHELL of
 * `env` become the user's.  FAULT_BAD_INPUT says what is wrong with it. */
int agent_user_look_up(const char *user, struct agent_user *id, struct strv *env,
                       struct fault *f);
/* What runlet itself must be able to do beside becoming the user: give it its folder, and
 * fill the workspace.  FAULT_BAD_INPUT names the capabilities that are missing. */
int agent_user_check_rights(struct fault *f);
/* Tries it out in a process of its own: that we may become the user, and end what runs as
 * it, and that the folder can be entered by it, and written if `write`.  FAULT_BAD_INPUT;
 * blocks for a moment. */
int agent_user_check(const struct agent_user *id, const char *folder, bool write,
                     struct fault *f);

/* "uid:gid:may_gain:group,group,…", for the keeper's argument; no agent user: "". */
void agent_user_write(const struct agent_user *id, struct buf *out); /* NULL: none */
bool agent_user_read(const char *text, struct agent_user *id);
/* This process becomes the user, for good; 0, or errno.  Only system calls: between vfork
 * and exec too.  Clears the parent-death signal. */
int agent_user_take_on(const struct agent_user *id);

#endif
