#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""table.py FIGURES MODE: the table of tests/bench/run.sh from its lines "side name value".

Samples of one name are taken together over the rounds.  A ratio 1/N says that runlet needs an Nth, Nx that it
does N times as much.  The bars are the project's own; whether they are met is said only of the full sizes."""
import sys
from collections import defaultdict

# label, name, statistic, unit, scale, more is better, bar: a number is one on the ratio, a text the most our own
# figure may be, None: there is none
ROWS = [
    ("program on disk", "disk_mib", "p50", "MiB", 1, False, None),
    ("start to healthy, median", "start_ms", "p50", "ms", 1, False, 30),
    ("start to healthy, least", "start_ms", "min", "ms", 1, False, None),
    ("idle RSS", "idle_rss_mib", "p50", "MiB", 1, False, 20),
    ("idle PSS", "idle_pss_mib", "p50", "MiB", 1, False, None),
    ("POST to first byte, p50", "first_byte_us", "p50", "ms", 1e-3, False, 15),
    ("POST to first byte, p99", "first_byte_us", "p99", "ms", 1e-3, False, None),
    ("POST to the agent's first event, p50", "agent_event_us", "p50", "ms", 1e-3, False, None),
    ("a short run as a whole, p50", "short_run_us", "p50", "ms", 1e-3, False, None),
    ("deltas in the run", "deltas", "min", "", 1, None, None),
    ("deltas: events a second", "deltas_per_s", "p50", "1/s", 1, True, 10),
    ("deltas: server CPU an event", "delta_cpu_us", "p50", "us", 1, False, 8),
    ("deltas: keeper CPU an event", "delta_keeper_cpu_us", "p50", "us", 1, False, None),
    ("deltas: peak RSS", "rss_peak_mib", "p50", "MiB", 1, False, None),
    ("deltas: RSS kept 2 s after", "rss_kept_mib", "p50", "MiB", 1, None, "1"),
    ("deltas: keeper PSS", "keeper_pss_mib", "p50", "MiB", 1, False, None),
    ("one delta a ms: latency p50", "pace_us", "p50", "us", 1, False, 2),
    ("one delta a ms: latency p99", "pace_us", "p99", "us", 1, False, 4),
    ("one delta a ms: server CPU an event", "pace_cpu_us", "p50", "us", 1, False, 5),
    ("tool call, p50", "tool_us", "p50", "ms", 1e-3, False, 5),
    ("tool call, p99", "tool_us", "p99", "ms", 1e-3, False, None),
    ("tool call: server CPU a call", "tool_cpu_us", "p50", "us", 1, False, 15),
    ("tool calls: peak RSS", "tool_rss_peak_mib", "p50", "MiB", 1, False, None),
    ("32 tool calls at once: calls a second", "load_per_s", "p50", "1/s", 1, True, 15),
    ("32 at once: server CPU a call", "load_cpu_us", "p50", "us", 1, False, None),
    ("32 at once: peak RSS", "load_rss_peak_mib", "p50", "MiB", 1, False, "12"),
    ("32 at once: RSS kept 2 s after", "load_rss_kept_mib", "p50", "MiB", 1, None, "1"),
    ("a result of 20 MiB: peak RSS over its size", "big_times_its_size", "p50", "", 1, False, "3"),
]
LEAST = {"spawn_us"} | {row[1] for row in ROWS} - {"delta_keeper_cpu_us", "keeper_pss_mib"}


def statistic(values, which):
    values = sorted(values)
    place = {"min": 0, "p50": 0.5, "p99": 0.99}[which]
    return values[min(len(values) - 1, int(len(values) * place))]


def number(value):
    if value is None:
        return "-"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def main():
    figures = defaultdict(list)
    for line in open(sys.argv[1]):
        side, name, value = line.split()
        figures[side, name].append(float(value))
    full = sys.argv[2] == "full"
    lines = [("", "runlet", "Node peer", "ratio", "bar")]
    for label, name, which, unit, scale, more, bar in ROWS:
        ours, theirs = (statistic(figures[s, name], which) * scale if figures[s, name] else None
                        for s in ("runlet", "peer"))
        ratio = gain = None
        if more is not None and ours and theirs:
            gain = ours / theirs if more else theirs / ours
            ratio = f"{gain:.1f}x" if more else f"1/{gain:.1f}"
        if isinstance(bar, str):
            verdict, met = f"{bar} {unit}".strip(), None if ours is None else ours <= float(bar)
        else:
            verdict = "" if bar is None else (f"{bar}x" if more else f"1/{bar}")
            met = None if bar is None or gain is None else gain >= bar
        if full and met is not None:
            verdict += " met" if met else " missed"
        lines.append((f"{label} [{unit}]" if unit else label, number(ours), number(theirs), ratio or "", verdict))
    widths = [max(len(line[i]) for line in lines) for i in range(5)]
    for at, line in enumerate(lines):
        cells = [line[0].ljust(widths[0])] + [line[i].rjust(widths[i]) for i in (1, 2, 3)] + [line[4].ljust(widths[4])]
        print("| " + " | ".join(cells) + " |")
        if at == 0:
            print("| " + " | ".join("-" * (w - 1) + (":" if i in (1, 2, 3) else "-") for i, w in enumerate(widths)) + " |")
    if figures["floor", "spawn_us"] and figures["runlet", "agent_event_us"]:
        floor = statistic(figures["floor", "spawn_us"], "p50") / 1e3
        gap = sorted(e - f for e, f in zip(figures["runlet", "agent_event_us"], figures["runlet", "first_byte_us"]))
        ours = statistic(gap, "p50") / 1e3
        print(f"A bare spawn of the agent to its first line: {floor:.2f} ms.  runlet, from its first byte to the agent's"
              f" first event: {ours:.2f} ms, {ours - floor:+.2f} over it (bar +0.3).")
    if figures["floor", "load_per_s"]:
        print("The same client straight to the stub, no bridge between: p50"
              f" {statistic(figures['floor', 'tool_us'], 'p50'):.0f} us, 32 at once"
              f" {number(statistic(figures['floor', 'load_per_s'], 'p50'))} calls a second.")
    missing = [f"{side} {name}" for side in ("runlet", "peer") for name in sorted(LEAST - {"spawn_us"})
               if not figures[side, name]]
    if missing:
        sys.exit("not measured: " + ", ".join(missing))


main()
