/* SPDX-License-Identifier: MIT */
/* otlp_settings.h - where spans go, by --otlp-endpoint and the OpenTelemetry variables.
 *
 *   --otlp-endpoint, else OTEL_EXPORTER_OTLP_ENDPOINT    /v1/traces is put behind it
 *   OTEL_EXPORTER_OTLP_TRACES_ENDPOINT                   as it is; wins over the variable
 *   OTEL_EXPORTER_OTLP_HEADERS, …_TRACES_HEADERS (wins)  name=value,…; values
 *                                                        percent-encoded
 *   OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES          what the spans say of us
 *
 * Variables alone start nothing when OTEL_SDK_DISABLED is true, OTEL_TRACES_EXPORTER
 * names no otlp, or OTEL_EXPORTER_OTLP_[TRACES_]PROTOCOL is grpc, which we do not speak;
 * nor when their URL is none that we can call.  The spans go out as JSON in any case.
 *
 * The headers are secrets.  */
#ifndef TELEMETRY_OTLP_SETTINGS_H
#define TELEMETRY_OTLP_SETTINGS_H

#include "base/buf.h"
#include "base/fault.h"

enum { OTLP_HEADERS = 32 };

struct otlp_settings {
  struct buf url;                    /* empty: no spans are told */
  struct buf lines;                  /* headers, each "Name: value" and a NUL … */
  const char *headers[OTLP_HEADERS]; /* … NULL-ended */
  struct buf head;                   /* of a request: all up to the first span */
  struct buf note; /* what somebody should know of the variables; may be empty */
};

/* `endpoint`: of the option; NULL: not given.  FAULT_BAD_INPUT is for that alone. */
int otlp_settings_read(const char *endpoint, char *const *env, struct otlp_settings *out,
                       struct fault *f);
/* Is this entry "NAME=value" of an environment one with such headers? */
bool otlp_settings_is_secret(const char *entry);
void otlp_settings_free(struct otlp_settings *s);

#endif
