/* SPDX-License-Identifier: MIT */
/* metrics.c - the families in the order in which they are shown.  */
#include "door/http/metrics.h"

#include "base/limits.h"
#include "base/version.h"
#include "door/http/answer.h"
#include "door/http/prometheus.h"
#include "door/http/runs_door.h"

static void put_runs(const struct metrics *m, struct buf *out)
{
  prometheus_head(
      out, "runlet_runs_total", "counter",
      "Runs that are over, by outcome: finished, or the code of their RUN_ERROR.");
  for (size_t i = 0; i < m->counters->code_count; i++) {
    buf_add_text(out, "runlet_runs_total{outcome=\"");
    prometheus_label(out, m->counters->codes[i].name);
    buf_addf(out, "\"} %llu\n", m->counters->codes[i].runs);
  }
  prometheus_number(out, "runlet_budget_warnings_total", "counter",
                    m->counters->budget_warnings,
                    "Warnings budget-near, of runs that are over.");
  prometheus_number(out, "runlet_runs_running", "gauge", m->now.running,
                    "Runs going on.");
  prometheus_number(out, "runlet_runs_kept", "gauge", m->now.kept,
                    "Runs that are over and can still be read.");
  prometheus_number(out, "runlet_events_total", "counter",
                    m->counters->events + m->now.events, "Events of all runs.");
  prometheus_number(out, "runlet_event_bytes_total", "counter",
                    m->counters->bytes + m->now.bytes, "Bytes of all events.");
}

static void put_readers(const struct metrics *m, struct buf *out)
{
  prometheus_number(out, "runlet_readers", "gauge", m->now.readers,
                    "Open streams of events.");
  prometheus_number(out, "runlet_backlog_bytes", "gauge", m->now.backlog_bytes,
                    "What the slowest reader of each run has before it.");
  prometheus_number(out, "runlet_log_memory_bytes", "gauge", m->now.memory_bytes,
                    "Events kept in memory.");
  prometheus_number(out, "runlet_log_spill_bytes", "gauge", m->now.spill_bytes,
                    "Events kept in files.");
}

static void put_tools(const struct metrics *m, struct buf *out)
{
  unsigned long long calls = 0;
  prometheus_head(out, "runlet_tool_calls_total", "counter",
                  "Calls of host tools, by outcome.");
  for (int i = 0; i < COUNTERS_TOOLS; i++)
    buf_addf(out, "runlet_tool_calls_total{outcome=\"%s\"} %llu\n",
             counters_tool_names[i], m->counters->tool_calls[i]);
  prometheus_head(out, "runlet_tool_call_duration_seconds", "histogram",
                  "From the agent's call to its answer.");
  for (size_t i = 0; i < COUNTERS_STEPS; i++) {
    calls += m->counters->tool_steps[i];
    buf_addf(out, "runlet_tool_call_duration_seconds_bucket{le=\"%g\"} %llu\n",
             counters_steps_ms[i] / 1000.0, calls);
  }
  calls += m->counters->tool_steps[COUNTERS_STEPS];
  buf_addf(out,
           "runlet_tool_call_duration_seconds_bucket{le=\"+Inf\"} %llu\n"
           "runlet_tool_call_duration_seconds_sum %.3f\n"
           "runlet_tool_call_duration_seconds_count %llu\n",
           calls, (double)m->counters->tool_ms / 1000, calls);
}

static void put_spans(const struct metrics *m, struct buf *out)
{
  prometheus_head(out, "runlet_otlp_spans_total", "counter",
                  "Spans of traces, by what became of them.");
  buf_addf(out,
           "runlet_otlp_spans_total{outcome=\"sent\"} %llu\n"
           "runlet_otlp_spans_total{outcome=\"dropped\"} %llu\n",
           m->spans.sent, m->spans.dropped);
}

void metrics_write(const struct metrics *m, struct buf *out)
{
  prometheus_head(out, "runlet_build_info", "gauge", "The program's version.");
  buf_addf(out, "runlet_build_info{version=\"%s\"} 1\n", m->version);
  put_runs(m, out);
  put_readers(m, out);
  put_tools(m, out);
  put_spans(m, out);
  prometheus_seconds(out, "runlet_agent_cpu_seconds_total",
                     (double)m->counters->agent_cpu_ms / 1000,
                     "Processor time of agents, of runs that are over.");
  prometheus_seconds(out, "runlet_children_cpu_seconds_total", m->self.children_cpu_s,
                     "The same with their keepers and all they waited for.");
  prometheus_seconds(out, "process_cpu_seconds_total", m->self.cpu_s,
                     "Processor time of the service itself.");
  prometheus_number(out, "process_resident_memory_bytes", "gauge", m->self.rss_bytes,
                    "Resident memory of the service itself.");
}

void metrics_answer(struct runs_door *d, struct http_exchange *x,
                    const struct route_target *target)
{
  (void)target;
  struct metrics m = {.version = RUNLET_VERSION,
                      .counters = &d->runtime->counters,
                      .now = records_figures(d->records),
                      .self = self_usage(),
                      .spans = otlp_exporter_counts(d->runtime->traces)};
  struct buf text = buf_make(MIB);
  metrics_write(&m, &text);
  answer_text(x, 200, PROMETHEUS_TYPE, buf_span(&text));
  buf_free(&text);
}
