/* SPDX-License-Identifier: MIT */
/* metrics.c - see metrics.h. */
#include "door/http/metrics.h"

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
  buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void number(struct buf *out, const char *name, const char *type,
                   unsigned long long n, const char *help)
{
  head(out, name, type, help);
  buf_addf(out, "%s %llu\n", name, n);
}

static void seconds(struct buf *out, const char *name, double s, const char *help)
{
  head(out, name, "counter", help);
  buf_addf(out, "%s %.6f\n", name, s);
}

/* Codes of agents may hold anything. */
static void label(struct buf *out, const char *text)
{
  for (; *text; text++) {
    if (*text == '\n') {
      buf_add_text(out, "\\n");
      continue;
    }
    if (*text == '"' || *text == '\\')
      buf_add_char(out, '\\');
    buf_add_char(out, *text);
  }
}

static void put_runs(const struct metrics *m, struct buf *out)
{
  head(out, "runlet_runs_total", "counter",
       "Runs that are over, by outcome: finished, or the code of their RUN_ERROR.");
  for (size_t i = 0; i < m->counters->code_count; i++) {
    buf_add_text(out, "runlet_runs_total{outcome=\"");
    label(out, m->counters->codes[i].name);
    buf_addf(out, "\"} %llu\n", m->counters->codes[i].runs);
  }
  number(out, "runlet_runs_running", "gauge", m->now.running, "Runs going on.");
  number(out, "runlet_runs_kept", "gauge", m->now.kept,
         "Runs that are over and can still be read.");
  number(out, "runlet_events_total", "counter", m->counters->events + m->now.events,
         "Events of all runs.");
  number(out, "runlet_event_bytes_total", "counter", m->counters->bytes + m->now.bytes,
         "Bytes of all events.");
}

static void put_readers(const struct metrics *m, struct buf *out)
{
  number(out, "runlet_readers", "gauge", m->now.readers, "Open streams of events.");
  number(out, "runlet_backlog_bytes", "gauge", m->now.backlog_bytes,
         "What the slowest reader of each run has before it.");
  number(out, "runlet_log_memory_bytes", "gauge", m->now.memory_bytes,
         "Events kept in memory.");
  number(out, "runlet_log_spill_bytes", "gauge", m->now.spill_bytes,
         "Events kept in files.");
}

static void put_tools(const struct metrics *m, struct buf *out)
{
  unsigned long long calls = 0;
  head(out, "runlet_tool_calls_total", "counter", "Calls of host tools, by outcome.");
  for (int i = 0; i < COUNTERS_TOOLS; i++)
    buf_addf(out, "runlet_tool_calls_total{outcome=\"%s\"} %llu\n",
             counters_tool_names[i], m->counters->tool_calls[i]);
  head(out, "runlet_tool_call_duration_seconds", "histogram",
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

void metrics_write(const struct metrics *m, struct buf *out)
{
  head(out, "runlet_build_info", "gauge", "The program's version.");
  buf_addf(out, "runlet_build_info{version=\"%s\"} 1\n", m->version);
  put_runs(m, out);
  put_readers(m, out);
  put_tools(m, out);
  seconds(out, "runlet_agent_cpu_seconds_total", (double)m->counters->agent_cpu_ms / 1000,
          "Processor time of agents, of runs that are over.");
  seconds(out, "runlet_children_cpu_seconds_total", m->self.children_cpu_s,
          "The same with their keepers and all they waited for.");
  seconds(out, "process_cpu_seconds_total", m->self.cpu_s,
          "Processor time of the service itself.");
  number(out, "process_resident_memory_bytes", "gauge", m->self.rss_bytes,
         "Resident memory of the service itself.");
}
