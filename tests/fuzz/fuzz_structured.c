/* SPDX-License-Identifier: MIT */
/* Whatever a model writes: what is found is JSON, an object or array, and lies in the
 * text. */
#include "agent/structured.h"

#include "base/json.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct span text = {(const char *)data, size};
  struct span found = structured_find(text);
  if (found.len == 0)
    return 0;
  struct fault f = {0};
  struct json *doc = json_parse(found, NULL, &f);
  bool good = doc != NULL && (found.at[0] == '{' || found.at[0] == '[') &&
              found.at >= text.at && found.at + found.len <= text.at + text.len;
  json_free(doc);
  if (!good)
    abort();
  return 0;
}
