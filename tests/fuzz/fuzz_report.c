/* SPDX-License-Identifier: MIT */
/* The certificate, whatever stderr and process names hold: JSON, valid UTF-8, no control
 * byte but newline and tab, at most so long, and no secret in it.  First byte: how long
 * the secret is that is put into the middle of the rest. */
#include "run/report.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const char secret[] = "s3cret-0123456789abcdefghijklmnopqrstuvwxyz";

static void check_shown(struct span shown)
{
  if (shown.len > LIMIT_STDERR_TAIL_BYTES || !utf8_valid(shown))
    abort();
  for (size_t i = 0; i < shown.len; i++) {
    unsigned char c = (unsigned char)shown.at[i];
    if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
      abort();
  }
}

static void check_certificate(struct span tail, struct span name)
{
  struct leftover left = {.pid = 7};
  size_t length = name.len < sizeof left.name - 1 ? name.len : sizeof left.name - 1;
  for (size_t i = 0; i < length; i++)
    left.name[i] = name.at[i] ? name.at[i] : '?';
  struct process_end end = {
      .signal = 9, .stderr_tail = tail, .leftovers = &left, .leftover_count = 1};
  struct report report = {.end = &end, .failed = true, .cancelled_by = "client"};
  struct buf members = buf_make(LIMIT_CERTIFICATE_BYTES), whole = buf_make(MIB);
  report_write(&report, &members);
  buf_add_char(&whole, '{');
  buf_add(&whole, buf_span(&members));
  buf_add_char(&whole, '}');
  struct fault f = {0};
  struct json *doc = json_parse(buf_span(&whole), NULL, &f);
  if (!doc || !utf8_valid(buf_span(&whole)))
    abort();
  json_free(doc);
  buf_free(&members);
  buf_free(&whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  struct span word = {secret, 6 + data[0] % (sizeof secret - 6)};
  struct span rest = {(const char *)data + 1, size - 1};
  struct span front = {rest.at, rest.len / 2};
  struct buf tail = buf_make(MIB), shown = buf_make(MIB);
  if (rest.len > MIB / 2)
    return 0;
  log_hide(word);
  buf_add(&tail, front);
  buf_add(&tail, word);
  buf_add(&tail, span_after(rest, front.len));
  report_clean(buf_span(&tail), &shown);
  log_unhide(word);
  check_shown(buf_span(&shown));
  if (shown.len > 0 && memmem(shown.at, shown.len, word.at, word.len))
    abort();
  check_certificate(buf_span(&shown), rest);
  buf_free(&tail);
  buf_free(&shown);
  return 0;
}
