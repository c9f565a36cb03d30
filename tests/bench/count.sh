#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/bench/count.sh: instructions a delta and a tool call cost, counted by callgrind: a figure that noise does not
# move, to guard.  The floor (floor.c) stands beside it.  Each is the difference of two runs, so a start costs nothing.
# RUNLET names the program (default build-release/runlet).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
runlet=$(realpath "${RUNLET:-$root/build-release/runlet}")
build=$root/build-bench
token=count-token
die() { echo "tests/bench/count.sh: $*" >&2; exit 1; }
[ -x "$runlet" ] || die "$runlet is not there: container/build.sh makes it"
for tool in gcc valgrind; do command -v "$tool" >/dev/null || die "$tool is needed"; done

mkdir -p "$build/bin"
cc() { gcc -O2 -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -o "$@"; }
cc "$build/stub" "$here/stub.c"
cc "$build/floor" "$here/floor.c" "$here/../support/scripted_text.c"
cc "$build/bin/claude" "$here"/{agent,delta,load}.c "$here"/../support/scripted_{mcp,text}.c
export PATH=$build/bin:$PATH

box=$(mktemp -d)
stub=
# shellcheck disable=SC2317 # called by the trap
clean() {
  [ -z "$stub" ] || kill "$stub" 2>/dev/null || true
  rm -rf "$box"
}
trap clean EXIT
trap 'exit 130' INT TERM
mkdir -m 700 "$box/state" "$box/work"
"$build/stub" "$token" >"$box/port" &
stub=$!
wait_for() { for _ in $(seq 200); do [ -s "$1" ] && return; sleep 0.05; done; die "$1 did not come"; }
wait_for "$box/port"
port=$(cat "$box/port")

count() { # NAME PROGRAM…: callgrind's total to $box/NAME
  local name=$1
  shift
  valgrind --tool=callgrind --callgrind-out-file="$box/$name.out" "$@" 2>"$box/$name.err" ||
    { cat "$box/$name.err" >&2; die "$name failed"; }
  sed -n 's/^\(summary\|totals\): //p' "$box/$name.out" | tail -n 1 >"$box/$name"
}

request() { # PROMPT
  printf '{"runId":"run","threadId":"thread","model":"bench","harness":"claude-code","messages":[{"role":"user","content":"%s"}],' "$1"
  printf '"workspace":{"source":{"type":"none"}},"toolDescriptors":[{"name":"echo","description":"d","inputSchema":{"type":"object"}}],'
  printf '"toolExecUrl":"http://127.0.0.1:%s/","toolExecToken":"%s"}' "$port" "$token"
}

ours() { # NAME PROMPT
  request "$2" >"$box/request"
  count "$1" "$runlet" run "$box/request" --output ndjson --workspace "$box/work" --state-dir "$box/state" >"$box/$1.events"
  tail -n 1 "$box/$1.events" | grep -q '"RUN_FINISHED"' || die "$1: the run did not finish"
}

agent_with() { # PROMPT OUTPUT PROGRAM…: the agent beside a floor that serves its MCP
  local prompt=$1 output=$2
  shift 2
  rm -f "$box/floor.port"
  "$@" "$build/floor" calls "$port" "$token" >"$box/floor.port" &
  local floor=$!
  wait_for "$box/floor.port"
  printf '{"mcpServers":{"floor":{"type":"http","url":"http://127.0.0.1:%s/mcp","headers":{"Authorization":"Bearer x"}}}}' \
    "$(cat "$box/floor.port")" >"$box/config"
  printf '%s' "$prompt" | "$build/bin/claude" --mcp-config "$box/config" >"$output" || die "$prompt: the agent failed"
  wait "$floor"
}

floor_deltas() { # NAME N
  agent_with "deltas $2 20" "$box/transcript" env
  [ "$(grep -c text_delta "$box/transcript")" -eq "$2" ] || die "$1: the agent did not say it all"
  count "$1" "$build/floor" deltas <"$box/transcript" >"$box/$1.events"
}

floor_calls() { # NAME N
  agent_with "calls $2 0" "$box/$1.agent" count "$1"
}

each() { awk -v a="$(cat "$box/$1")" -v b="$(cat "$box/$2")" -v n="$3" 'BEGIN { printf "%d", (b - a) / n }'; }

# An agent that names messages as our suffixes do, then uses one id again and again.
reused_ids() { # NAME N
  local i
  printf '{"type":"system","subtype":"init","session_id":"s"}\n' >"$box/$1.transcript"
  for i in $(seq 2 "$(($2 + 1))"); do
    printf '{"type":"assistant","message":{"id":"msg_of_the_model-%d","role":"assistant","content":[{"type":"text","text":"a"}]}}\n' "$i"
  done >>"$box/$1.transcript"
  for _ in $(seq "$2"); do
    printf '{"type":"assistant","message":{"id":"msg_of_the_model","role":"assistant","content":[{"type":"text","text":"a"}]}}\n'
  done >>"$box/$1.transcript"
  printf '{"type":"result","subtype":"success","is_error":false,"num_turns":1,"stop_reason":"end_turn","session_id":"s"}\n' >>"$box/$1.transcript"
  count "$1" "$runlet" translate --harness claude-code "$box/$1.transcript" >"$box/$1.events"
  [ "$(grep -c TEXT_MESSAGE_START "$box/$1.events")" -eq "$((2 * $2))" ] || die "$1: a message is missing"
}

ours delta1 'deltas 1000 20'
ours delta2 'deltas 11000 20'
ours call1 'calls 100 0'
ours call2 'calls 1100 0'
floor_deltas fdelta1 1000
floor_deltas fdelta2 11000
floor_calls fcall1 100
floor_calls fcall2 1100
row() { awk -v what="$1" -v a="$2" -v b="$3" 'BEGIN { printf "| %-11s | %12d | %7d | %5.1fx |\n", what, a, b, a / b }'; }
echo "| instructions | runlet | floor | ratio |"
echo "| --- | ---: | ---: | ---: |"
row "a delta" "$(each delta1 delta2 10000)" "$(each fdelta1 fdelta2 10000)"
row "a tool call" "$(each call1 call2 1000)" "$(each fcall1 fcall2 1000)"
for n in 0 2000 4000; do reused_ids "ids$n" "$n"; done
id1=$(each ids0 ids2000 4000) id2=$(each ids0 ids4000 8000)
echo
echo "a message whose id was used before: $id1 instructions among 4,000, $id2 among 8,000"
[ "$((id2 * 10))" -le "$((id1 * 11))" ] || die "reused ids cost more the more there are"
