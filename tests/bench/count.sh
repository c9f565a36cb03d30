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

# -- how cost grows: N and 2N of a thing, from transcripts and requests --

claude_text() { # ID
  printf '{"type":"assistant","message":{"id":"%s","role":"assistant","content":[{"type":"text","text":"a"}]}}\n' "$1"
}
made_messages() { for i in $(seq "$1"); do claude_text "msg_$i"; done; } # each with an id of its own
made_ids() { # ids as our suffixes are, then one of them again and again
  for i in $(seq 2 "$(($1 + 1))"); do claude_text "msg_of_the_model-$i"; done
  for _ in $(seq "$1"); do claude_text msg_of_the_model; done
}
made_calls() { # N calls that are open at once, each answered later
  local i
  for i in $(seq "$1"); do
    printf '{"type":"assistant","message":{"id":"m","content":[{"type":"tool_use","id":"call_%d","name":"Read","input":{"n":%d}}]}}\n' "$i" "$i"
  done
  for i in $(seq "$1"); do
    printf '{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"call_%d","content":"ok"}]}}\n' "$i"
  done
}
told() { # NAME EVENT N: the transcript of made_NAME to callgrind; so many EVENTs must come out
  { printf '{"type":"system","subtype":"init","session_id":"s"}\n'
    "made_$1" "$3"
    printf '{"type":"result","subtype":"success","is_error":false,"num_turns":1,"stop_reason":"end_turn","session_id":"s"}\n'
  } >"$box/transcript"
  count "$1$3" "$runlet" translate --harness claude-code "$box/transcript" >"$box/events"
  [ "$(grep -c "\"$2\"" "$box/events")" -eq "$3" ] || [ "$1" = ids ] || die "$1: an event is missing"
}

made_tools() { # a run with N tools on offer
  local i comma=
  request hello | sed 's/"toolDescriptors":.*//' | tr -d '\n' >"$box/request"
  { printf '"toolDescriptors":['
    for i in $(seq "$1"); do
      printf '%s{"name":"tool_%d","description":"d","inputSchema":{"type":"object"}}' "$comma" "$i"
      comma=,
    done
    printf '],"toolExecUrl":"http://127.0.0.1:%s/","toolExecToken":"%s"}' "$port" "$token"
  } >>"$box/request"
  count "tools$1" "$runlet" run "$box/request" --output ndjson --workspace "$box/work" --state-dir "$box/state" >"$box/events"
  tail -n 1 "$box/events" | grep -q '"RUN_FINISHED"' || die "tools: the run did not finish"
}

# NAME N WORDS MOST: N and 2N more than none; what one costs may grow to so many percent.
grows() {
  local one two
  one=$(each "${1}0" "$1$2" "$2") two=$(each "${1}0" "$1$((2 * $2))" "$((2 * $2))")
  printf '| %-22s | %6d | %12d | %12d |\n' "$3" "$2" "$one" "$two"
  [ "$((two * 100))" -le "$((one * $4))" ] || die "$3: each costs more the more there are"
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
for n in 0 2000 4000; do
  told messages TEXT_MESSAGE_START "$n"
  told ids TEXT_MESSAGE_START "$n"
done
for n in 0 1000 2000; do told calls TOOL_CALL_RESULT "$n"; done
for n in 0 400 800; do made_tools "$n"; done
echo
echo "| what there is more of | n | instructions for each of n | … of 2n |"
echo "| --- | ---: | ---: | ---: |"
grows messages 2000 "messages" 110
grows ids 2000 "an id used before" 110
# Not linear: each alias is compared with all (LIMIT_TOOLS), each result looks through what is open (LIMIT_OPEN_CALLS).
grows tools 400 "tools in the table" 150
grows calls 1000 "open calls" 170
