/* SPDX-License-Identifier: MIT */
/* replay.c - feeds a fuzz target the files of its corpus folder, and the empty input:
 * every finding of the fuzzer stays a plain test, under any compiler.  */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int feed(const char *path)
{
  FILE *f = fopen(path, "rb");
  if (!f)
    return -1;
  fseek(f, 0, SEEK_END);
  long size = ftell(f);
  rewind(f);
  /* exact: the sanitizer sees an overrun */
  uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
  int failed = !data || fread(data, 1, (size_t)size, f) != (size_t)size;
  fclose(f);
  if (!failed)
    LLVMFuzzerTestOneInput(data, (size_t)size);
  free(data);
  return failed ? -1 : 0;
}

int main(int argc, char **argv)
{
  int count = 0;
  DIR *d = argc == 2 ? opendir(argv[1]) : NULL;
  if (!d) {
    fprintf(stderr, "usage: replay CORPUS-FOLDER\n");
    return 2;
  }
  uint8_t *nothing = malloc(1);
  LLVMFuzzerTestOneInput(nothing, 0);
  free(nothing);
  for (struct dirent *one; (one = readdir(d));) {
    char path[4096];
    if (one->d_name[0] == '.')
      continue;
    snprintf(path, sizeof path, "%s/%s", argv[1], one->d_name);
    if (feed(path) < 0) {
      fprintf(stderr, "cannot read %s\n", path);
      return 1;
    }
    count++;
  }
  closedir(d);
  printf("%d inputs\n", count);
  return count > 0 ? 0 : 1;
}
