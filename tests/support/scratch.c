/* SPDX-License-Identifier: MIT */
/* scratch.c - see scratch.h. */
#include "scratch.h"

#include "base/buf.h"
#include "io/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

struct scratch scratch_make(void)
{
  struct scratch s = {0};
  char template[PATH_MAX];
  const char *tmp = getenv("TMPDIR");
  snprintf(template, sizeof template, "%s/runlet-test-XXXXXX",
           tmp && *tmp ? tmp : "/tmp");
  assert_non_null(mkdtemp(template));
  char *real = realpath(template, NULL);
  assert_non_null(real);
  snprintf(s.folder, sizeof s.folder, "%s", real);
  free(real);
  return s;
}

void scratch_remove(struct scratch *s)
{
  files_remove_tree(s->folder);
  assert_int_not_equal(access(s->folder, F_OK), 0);
}

const char *scratch_path(struct scratch *s, const char *name)
{
  snprintf(s->path, sizeof s->path, "%s/%s", s->folder, name);
  return s->path;
}

const char *scratch_write(struct scratch *s, const char *name, unsigned mode,
                          const char *text)
{
  int fd = open(scratch_path(s, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  assert_true(fd >= 0);
  assert_int_equal(write(fd, text, strlen(text)), strlen(text));
  assert_int_equal(fchmod(fd, mode), 0);
  close(fd);
  return s->path;
}

bool scratch_has(struct scratch *s, const char *name)
{
  return access(scratch_path(s, name), F_OK) == 0;
}

char *scratch_read(struct scratch *s, const char *name)
{
  FILE *file = fopen(scratch_path(s, name), "re");
  if (!file)
    return NULL;
  char *text = calloc(1, 1 << 20);
  (void)!fread(text, 1, (1 << 20) - 1, file); /* nothing read is an empty text */
  fclose(file);
  return text;
}

unsigned scratch_count(struct scratch *s, const char *name)
{
  DIR *d = opendir(scratch_path(s, name));
  unsigned n = 0;
  while (d && readdir(d))
    n++;
  if (d)
    closedir(d);
  return n < 2 ? 0 : n - 2; /* without . and .. */
}
