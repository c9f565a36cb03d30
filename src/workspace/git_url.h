/* SPDX-License-Identifier: MIT */
/* git_url.h - the address of a repository: what may be given to git, and who we are
 * there.  Pure.
 *
 * Taken are https, http, ssh, git and file addresses, `user@host:path`, and an absolute
 * path.  Refused are what git would read as an option or as a remote helper ("ext::…"),
 * control characters, and blanks.  The name and the password of an http address come out
 * of it: they would stand in argv and in the clone's configuration.  For ssh the name is
 * part of the address, a password is refused (ssh takes none from there).  */
#ifndef WORKSPACE_GIT_URL_H
#define WORKSPACE_GIT_URL_H

#include "base/buf.h"
#include "base/fault.h"

struct git_url {
  struct buf clean;          /* the address without name and password */
  struct buf origin;         /* "https://host:port" of an http address, else empty */
  struct buf user, password; /* unescaped; empty: none.  Of an http address only */
};

/* FAULT_BAD_INPUT; the text names neither the field nor the password.  Filled in every
 * case: git_url_free() */
int git_url_read(struct span text, struct git_url *out, struct fault *f);
void git_url_free(struct git_url *u); /* wipes */
/* The address that a skill's `repo` stands for: itself, or "owner/name" of GitHub. */
void git_url_of_repo(struct span repo, struct buf *out);
/* What a clone of it is called: its last part without ".git"; empty: it has none. */
struct span git_url_name(struct span address);
/* A full commit id: 40 or 64 hexadecimal digits. */
bool git_ref_is_commit(struct span ref);

#endif
