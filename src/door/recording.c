/* SPDX-License-Identifier: MIT */
/* recording.c - written at once, so that a run that is killed has left all it heard.  */
#include "door/recording.h"

#include "base/log.h"
#include "io/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int recording_open(struct recording *r, const char *file, struct fault *f)
{
  *r = (struct recording){.fd = -1, .file = file};
  if (!file)
    return 0;
  r->fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0600);
  if (r->fd >= 0)
    return 0;
  return fault_set(f, FAULT_BAD_INPUT, "--record %s: %s", file, strerror(errno));
}

void recording_add(void *recording, struct span line)
{
  struct recording *r = recording;
  int failed = r->fd >= 0 ? files_write_all(r->fd, line) : 0;
  if (!failed)
    return;
  log_line(LOG_WARN, (struct span){0}, "--record %s: %s: the recording ends here",
           r->file, strerror(-failed));
  recording_close(r);
}

void recording_close(struct recording *r)
{
  if (r->fd >= 0)
    (void)close(r->fd); /* each line was written at once: nothing is lost now */
  r->fd = -1;
}
