/* SPDX-License-Identifier: MIT */
/* Who the agent is, as the keeper's argument says it: what can be read is written the
 * same way again, and never means root. */
#include "base/limits.h"
#include "process/agent_user.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char *text = malloc(size + 1);
  struct agent_user user = {0}, again = {0};
  memcpy(text, data, size);
  text[size] = 0;
  if (agent_user_read(text, &user)) {
    struct buf first = buf_make(LIMIT_AGENT_USER_BYTES),
               second = buf_make(LIMIT_AGENT_USER_BYTES);
    if (user.group_count > AGENT_USER_GROUPS)
      abort();
    agent_user_write(&user, &first);
    if (!agent_user_read(buf_cstring(&first), &again))
      abort();
    agent_user_write(&again, &second);
    if (!span_equal(buf_span(&first), buf_span(&second)))
      abort();
    buf_free(&first);
    buf_free(&second);
  }
  free(text);
  return 0;
}
