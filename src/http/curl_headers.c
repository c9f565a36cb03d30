/* SPDX-License-Identifier: MIT */
/* curl_headers.c - the nodes of libcurl's list and the text they point at are one
 * allocation, wiped as one: a header may hold a token. */
#include "curl_headers.h"

#include "base/mem.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RETRY_AFTER "retry-after:"
#define TYPE        "content-type:"

/* What curl would add by itself, left out. */
static const char no_expect[] = "Expect:", no_type[] = "Content-Type:";

/* The nodes and their text, in one piece of memory. */
struct list {
  struct curl_slist *node; /* the next to be filled */
  char *text;              /* behind the nodes, in the same memory */
};

static void add(struct list *l, const char *line, size_t len)
{
  *l->node = (struct curl_slist){.data = l->text, .next = l->node + 1};
  memcpy(l->text, line, len + 1);
  l->node++;
  l->text += len + 1;
}

/* Whether curl has nothing to do with a header of that name. */
static bool is_strange(const char *line)
{
  static const char *const names[] = {
      "x-", "authorization:", "idempotency-key:", "traceparent:", "tracestate:"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strncasecmp(line, names[i], strlen(names[i])) == 0)
      return true;
  return false;
}

/* Behind the last line, in its node: curl reads the name in front of each node, again
 * for each header that it might add by itself, and copies the rest as it is. */
static void join(struct list *l, const char *line, size_t len)
{
  memcpy(l->text - 1, "\r\n", 2);
  memcpy(l->text + 1, line, len + 1);
  l->text += len + 2;
}

struct curl_slist *curl_headers_new(const char *const *headers, struct fault *f)
{
  size_t count = 2, bytes = sizeof no_expect + sizeof no_type;
  bool typed = false, strange = false;
  for (size_t i = 0; headers && headers[i]; i++, count++) {
    size_t len = strlen(headers[i]);
    if (memchr(headers[i], '\r', len) || memchr(headers[i], '\n', len)) {
      fault_set(f, FAULT_BAD_INPUT, "a header must not hold a line end");
      return NULL;
    }
    bytes += len + 2;
  }
  struct curl_slist *first = mem_new(count * sizeof *first + bytes);
  struct list l = {first, (char *)(first + count)};
  for (size_t i = 0; headers && headers[i]; i++) {
    bool joins = strange;
    strange = is_strange(headers[i]);
    typed = typed || strncasecmp(headers[i], TYPE, strlen(TYPE)) == 0;
    (joins && strange ? join : add)(&l, headers[i], strlen(headers[i]));
  }
  add(&l, no_expect, sizeof no_expect - 1);
  if (!typed)
    add(&l, no_type, sizeof no_type - 1);
  l.node[-1].next = NULL;
  return first;
}

void curl_headers_free(struct curl_slist *headers)
{
  for (struct curl_slist *h = headers; h; h = h->next)
    mem_wipe(h->data, strlen(h->data));
  free(headers);
}

/* Trimmed; empty: the line is another header's. */
static struct span value_of(struct span line, const char *name)
{
  size_t len = strlen(name);
  bool is = line.len > len && strncasecmp(line.at, name, len) == 0;
  return is ? span_trim(span_after(line, len)) : (struct span){0};
}

void curl_headers_retry_after(struct span line, unsigned *ms)
{
  unsigned long long seconds = 0;
  if (span_to_number(value_of(line, RETRY_AFTER), 0, 86400, &seconds))
    *ms = (unsigned)seconds * 1000;
}

void curl_headers_session(struct span line, struct buf *value)
{
  struct span id = value_of(line, "mcp-session-id:");
  if (id.len == 0)
    return;
  buf_clear(value);
  buf_add(value, id);
}
