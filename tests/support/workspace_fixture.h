/* SPDX-License-Identifier: MIT */
/* workspace_fixture.h - a folder to be filled, and all that is told of it.
 *
 * The test's main() must be able to be the keeper (child_fixture.h).  */
#ifndef SUPPORT_WORKSPACE_FIXTURE_H
#define SUPPORT_WORKSPACE_FIXTURE_H

#include "scratch.h"
#include "workspace/step.h"
#include "workspace/workspace_fill.h"

#include <uv.h>

struct workspace_fixture {
  struct scratch scratch; /* holds work/ and memory/ */
  char folder[96], memory[96];
  struct strv env;
  struct uv_loop_s *loop;
  struct step_place place;
  struct run_request *req;
  struct workspace_setup setup;
  struct buf told;    /* "<step>:<state>:<exit code>|" */
  struct buf tail;    /* the output of the last that was told */
  struct buf warned;  /* "<code>: <message>|" */
  struct buf message; /* the end's */
  const char *code;
  unsigned ends, closed;
};

void workspace_fixture_open(struct workspace_fixture *d);
/* `workspace`: its members, e.g. "\"setup\":[\"true\"]"; a source is put before. */
void workspace_fixture_ask(struct workspace_fixture *d, const char *workspace);
/* on_progress, on_warning, on_done of all: who is the fixture. */
void workspace_fixture_progress(void *who, const struct workspace_progress *p);
void workspace_fixture_warning(void *who, const char *code, struct span message);
void workspace_fixture_done(void *who, const char *code, struct span message);
void workspace_fixture_closed(void *who);
void workspace_fixture_wait_end(struct workspace_fixture *d);
void workspace_fixture_wait_closed(struct workspace_fixture *d);
/* A shell script beside the folder; fails the test if it fails. */
void workspace_fixture_shell(struct workspace_fixture *d, const char *script);
/* Frees all and sees that the loop runs dry and no child is left. */
void workspace_fixture_close(struct workspace_fixture *d);

#endif
