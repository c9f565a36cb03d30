/* SPDX-License-Identifier: MIT */
/* process.c - what a plan holds is freed with wipes: prompts, and files with the bridge's
 * token. */
#include "base/process.h"

#include "base/limits.h"
#include "base/mem.h"

#include <stdlib.h>

struct process_plan process_plan_make(void)
{
  return (struct process_plan){.first_input = buf_make(LIMIT_PROMPT_BYTES)};
}

void process_plan_add_file(struct process_plan *p, const char *name, struct buf *content)
{
  p->files = mem_resize(p->files, (p->file_count + 1) * sizeof *p->files);
  p->files[p->file_count++] =
      (struct plan_file){.name = span_copy(span_of(name)), .content = buf_take(content)};
}

void process_plan_free(struct process_plan *p)
{
  strv_free(&p->argv);
  strv_free(&p->env);
  buf_wipe(&p->first_input);
  for (size_t i = 0; i < p->file_count; i++) {
    free(p->files[i].name);
    buf_wipe(&p->files[i].content); /* bridge tokens */
  }
  free(p->files);
  *p = process_plan_make();
}

bool process_end_is_clean(const struct process_end *end)
{
  return end->forced || (end->signal == 0 && end->status == 0);
}
