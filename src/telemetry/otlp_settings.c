/* SPDX-License-Identifier: MIT */
/* otlp_settings.c - as the OpenTelemetry specification has it; a variable that makes no
 * sense is passed over, as it may be another program's.  */
#include "telemetry/otlp_settings.h"

#include "base/limits.h"
#include "base/percent.h"
#include "base/utf8.h"
#include "base/version.h"
#include "http/http_header.h"
#include "http/url.h"
#include "telemetry/otlp_span.h"

#include <string.h>

#define PREFIX "OTEL_EXPORTER_OTLP_"

static struct span variable(char *const *env, const char *name)
{
  size_t n = strlen(name);
  for (size_t i = 0; env[i]; i++)
    if (!strncmp(env[i], name, n) && env[i][n] == '=')
      return span_trim(span_of(env[i] + n + 1));
  return (struct span){0};
}

/* Of the traces if there is one, else of all signals. */
static struct span narrow(char *const *env, const char *traces, const char *all)
{
  struct span s = variable(env, traces);
  return s.len > 0 ? s : variable(env, all);
}

bool otlp_settings_is_secret(const char *entry)
{
  return !strncmp(entry, PREFIX "HEADERS=", sizeof PREFIX "HEADERS=" - 1) ||
         !strncmp(entry, PREFIX "TRACES_HEADERS=", sizeof PREFIX "TRACES_HEADERS=" - 1);
}

/* -- name=value,… -- */

static bool next_pair(struct span *left, struct span *name, struct span *value)
{
  while (left->len > 0) {
    const char *comma = memchr(left->at, ',', left->len);
    struct span member = {left->at, comma ? (size_t)(comma - left->at) : left->len};
    const char *equals = memchr(member.at, '=', member.len);
    *left = span_after(*left, member.len + (comma != NULL));
    *name =
        span_trim((struct span){member.at, equals ? (size_t)(equals - member.at) : 0});
    if (name->len == 0)
      continue;
    *value = span_trim(span_after(member, (size_t)(equals - member.at) + 1));
    return true;
  }
  return false;
}

static bool is_token(struct span name)
{
  for (size_t i = 0; i < name.len; i++)
    if (name.at[i] <= ' ' || name.at[i] > '~' ||
        strchr("\"(),/:;<=>?@[\\]{}", name.at[i]))
      return false;
  return true;
}

static void read_headers(struct span list, struct otlp_settings *out)
{
  size_t count = 0;
  struct span name, value;
  /* All of it at once: a buffer that grows leaves secrets behind. */
  out->lines = buf_make(MIB);
  (void)buf_reserve(&out->lines, list.len * 2 + KIB);
  buf_add_text(&out->lines, "content-type: application/json");
  buf_add_char(&out->lines, 0);
  while (count + 2 < OTLP_HEADERS && next_pair(&list, &name, &value)) {
    if (!is_token(name)) {
      buf_clear(&out->note);
      buf_add_text(&out->note, PREFIX "HEADERS: a name that is none of a header");
      continue;
    }
    struct buf plain = buf_make(value.len + 1);
    (void)buf_reserve(&plain, value.len);
    (void)percent_decode(value, &plain);
    buf_add(&out->lines, name);
    buf_add_text(&out->lines, ": ");
    http_header_put_value(&out->lines, buf_span(&plain), '_');
    buf_add_char(&out->lines, 0);
    buf_wipe(&plain);
    count++;
  }
  count = 0;
  for (size_t at = 0; at < out->lines.len; at += strlen(out->lines.at + at) + 1)
    out->headers[count++] = out->lines.at + at;
}

static void put_resource(char *const *env, struct json_writer *w)
{
  struct span service = variable(env, "OTEL_SERVICE_NAME");
  struct span list = variable(env, "OTEL_RESOURCE_ATTRIBUTES"), name, value;
  if (service.len == 0 &&
      (list.len == 0 || !memmem(list.at, list.len, "service.name", 12)))
    service = SPAN_LITERAL("runlet");
  otlp_put_text(w, "service.name", service);
  while (next_pair(&list, &name, &value)) {
    struct buf plain = buf_make(value.len + 1), text = buf_make(MIB), key = buf_make(MIB);
    (void)percent_decode(value, &plain);
    (void)utf8_repair(buf_span(&plain), &text);
    (void)utf8_repair(name, &key);
    if (service.len == 0 || !span_is(name, "service.name"))
      otlp_put_text(w, buf_cstring(&key), buf_span(&text));
    buf_free(&plain);
    buf_free(&text);
    buf_free(&key);
  }
}

static void put_head(char *const *env, struct buf *out)
{
  struct buf resource = buf_make(MIB);
  struct json_writer w = json_write_to(&resource);
  json_open(&w, NULL, '[');
  put_resource(env, &w);
  json_close(&w, ']');
  *out = buf_make(2 * MIB);
  buf_addf(out,
           "{\"resourceSpans\":[{\"resource\":{\"attributes\":%s},\"scopeSpans\":[{"
           "\"scope\":{\"name\":\"runlet\",\"version\":\"" RUNLET_VERSION "\"},"
           "\"spans\":[",
           buf_cstring(&resource));
  buf_free(&resource);
}

/* -- where to -- */

static bool is_for_others(char *const *env, struct buf *note)
{
  struct span exporter = variable(env, "OTEL_TRACES_EXPORTER");
  struct span protocol = narrow(env, PREFIX "TRACES_PROTOCOL", PREFIX "PROTOCOL");
  if (span_is_nocase(variable(env, "OTEL_SDK_DISABLED"), "true") ||
      (exporter.len > 0 && !memmem(exporter.at, exporter.len, "otlp", 4)))
    return true;
  if (!span_is(protocol, "grpc"))
    return false;
  buf_add_text(note, PREFIX "PROTOCOL is grpc, which runlet does not speak: no spans are "
                            "told (--otlp-endpoint)");
  return true;
}

static void put_url(struct span base, struct buf *out)
{
  buf_add(out, base);
  buf_add_text(out, base.at[base.len - 1] == '/' ? "v1/traces" : "/v1/traces");
}

int otlp_settings_read(const char *endpoint, char *const *env, struct otlp_settings *out,
                       struct fault *f)
{
  struct fault why = {0};
  struct span traces = variable(env, PREFIX "TRACES_ENDPOINT");
  struct span all = variable(env, PREFIX "ENDPOINT");
  *out = (struct otlp_settings){.url = buf_make(64 * KIB), .note = buf_make(64 * KIB)};
  if (endpoint && url_check(span_of(endpoint), f) < 0)
    return fault_prefix(f, "--otlp-endpoint");
  if (endpoint)
    put_url(span_of(endpoint), &out->url);
  else if ((traces.len == 0 && all.len == 0) || is_for_others(env, &out->note))
    return 0;
  else if (traces.len > 0)
    buf_add(&out->url, traces);
  else
    put_url(all, &out->url);
  if (url_check(buf_span(&out->url), &why) < 0) {
    buf_addf(&out->note, PREFIX "%sENDPOINT: %s: no spans are told",
             traces.len > 0 ? "TRACES_" : "", why.text);
    buf_clear(&out->url);
    return 0;
  }
  read_headers(narrow(env, PREFIX "TRACES_HEADERS", PREFIX "HEADERS"), out);
  put_head(env, &out->head);
  return 0;
}

void otlp_settings_free(struct otlp_settings *s)
{
  buf_free(&s->url);
  buf_wipe(&s->lines);
  buf_free(&s->head);
  buf_free(&s->note);
}
