/* SPDX-License-Identifier: MIT */
/* Each line is a variable of the environment. */
#include "telemetry/otlp_settings.h"

#include "base/json.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char *text = span_copy((struct span){(const char *)data, size}), *env[9] = {0}, *left;
  struct otlp_settings s;
  struct fault f = {0};
  size_t count = 0;
  for (char *line = strtok_r(text, "\n", &left); line && count < 8;
       line = strtok_r(NULL, "\n", &left))
    env[count++] = line;
  if (otlp_settings_read("http://c", env, &s, &f) < 0)
    abort();
  for (size_t i = 0; s.headers[i]; i++)
    if (!strstr(s.headers[i], ": ") || strpbrk(s.headers[i], "\r\n"))
      abort();
  buf_add_text(&s.head, "]}]}]}"); /* a request without a span */
  struct json *doc = json_parse(buf_span(&s.head), NULL, &f);
  if (!doc && !s.head.overflowed)
    abort();
  json_free(doc);
  otlp_settings_free(&s);
  free(text);
  return 0;
}
