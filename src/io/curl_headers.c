/* SPDX-License-Identifier: MIT */
#include "io/curl_headers.h"

#include "base/mem.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

#define RETRY_AFTER "retry-after:"
#define TYPE        "content-type:"

static bool add(struct curl_slist **list, const char *text)
{
  struct curl_slist *longer = curl_slist_append(*list, text);
  if (longer)
    *list = longer;
  return longer != NULL;
}

struct curl_slist *curl_headers_make(const char *const *headers, struct fault *f)
{
  struct curl_slist *list = NULL;
  bool typed = false, added = true;
  for (size_t i = 0; headers && headers[i] && added; i++) {
    if (strpbrk(headers[i], "\r\n")) {
      fault_set(f, FAULT_BAD_INPUT, "a header must not hold a line end");
      curl_headers_free(list);
      return NULL;
    }
    typed = typed || strncasecmp(headers[i], TYPE, strlen(TYPE)) == 0;
    added = add(&list, headers[i]);
  }
  added = added && add(&list, "Expect:");
  if (!typed)
    added = added && add(&list, "Content-Type:");
  if (added)
    return list;
  fault_set(f, FAULT_SYSTEM, "libcurl cannot start a request");
  curl_headers_free(list);
  return NULL;
}

void curl_headers_free(struct curl_slist *headers)
{
  for (struct curl_slist *h = headers; h; h = h->next)
    mem_wipe(h->data, strlen(h->data));
  curl_slist_free_all(headers);
}

void curl_headers_retry_after(struct span line, unsigned *ms)
{
  size_t name = strlen(RETRY_AFTER);
  unsigned long long seconds = 0;
  if (line.len > name && strncasecmp(line.at, RETRY_AFTER, name) == 0 &&
      span_to_number(span_trim(span_after(line, name)), 0, 86400, &seconds))
    *ms = (unsigned)seconds * 1000;
}
