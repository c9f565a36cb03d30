#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/bench/run.sh [quick|ends|harness]: runlet and the Node peer side by side, one table.  `quick` takes small sizes: it shows
# that the benchmark works, not how fast anything is.  `ends`: how long runs of runlet alone take to end.  `harness`: `runlet bridge` beside the
# bridge of @ai-sdk/harness.  RUNLET names the program (default build-release/runlet).
# BENCH_LOG=FILE keeps what the servers say.  Exit 1: something could not be measured, or came incomplete.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
runlet=$(realpath "${RUNLET:-$root/build-release/runlet}")
build=$root/build-bench
token=bench-token
die() { echo "tests/bench/run.sh: $*" >&2; exit 1; }

case ${1:-full} in
  full) rounds=5 starts=5 shorts=50 deltas=200000 paced=2000 calls=2000 loads=8000 big=20971520 idle=2 ;;
  quick) rounds=1 starts=2 shorts=5 deltas=5000 paced=100 calls=50 loads=200 big=2097152 idle=1 ;;
  ends | harness) ;;
  *) echo "usage: tests/bench/run.sh [quick|ends|harness]" >&2; exit 2 ;;
esac
[ -x "$runlet" ] || die "$runlet is not there: container/build.sh makes it"
# The Node of the other tests where it is installed: newer than a distribution's, as the peer would have it.
node=$("$root/tests/node/run.sh" node)
[ -x "$node" ] || node=$(command -v node) || die "node is needed"
if [ "${1:-}" = ends ]; then
  mkdir -p "$build"
  gcc -O2 -std=gnu11 -D_GNU_SOURCE -o "$build/scripted" "$here"/../support/scripted_*.c
  exec "$node" "$here/ends.mjs" "$runlet" "$build/scripted" 21
fi
if [ "${1:-}" = harness ]; then
  mkdir -p "$build"
  gcc -O2 -std=gnu11 -D_GNU_SOURCE -o "$build/scripted" "$here"/../support/scripted_*.c
  [ -d "$root/tests/node/harness/node_modules/ws" ] ||
    (cd "$root/tests/node/harness" && npm ci --no-audit --no-fund --loglevel=error) || die "npm ci failed"
  exec "$node" "$here/harness.mjs" "$runlet" "$build/scripted" "${BENCH_ROUNDS:-5}" "${BENCH_FRAMES:-100000}"
fi
for tool in gcc npm python3; do command -v "$tool" >/dev/null || die "$tool is needed"; done

mkdir -p "$build/bin"
cc() { gcc -O2 -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -o "$@"; }
cc "$build/client" "$here"/{client,http,server,delta,load}.c
cc "$build/stub" "$here/stub.c"
cc "$build/bin/claude" "$here"/{agent,delta,load}.c "$here"/../support/scripted_{mcp,text}.c

# The lock's checksum is left behind after an install that went through.
want=$(cksum <"$here/package-lock.json")
if [ "$(cat "$here/node_modules/.installed" 2>/dev/null || true)" != "$want" ]; then
  (cd "$here" && npm ci --legacy-peer-deps --ignore-scripts --no-audit --no-fund --loglevel=error) || die "npm ci failed"
  echo "$want" >"$here/node_modules/.installed"
fi

box=$(mktemp -d)
stub=
# shellcheck disable=SC2317 # called by the trap
clean() {
  [ -z "$stub" ] || kill "$stub" 2>/dev/null || true
  rm -rf "$box"
}
trap clean EXIT
trap 'exit 130' INT TERM
mkdir -m 700 "$box/state" "$box/work" "$box/tmp"
export TMPDIR=$box/tmp PATH=$build/bin:$PATH NODE_ENV=production
"$build/stub" "$token" >"$box/port" &
stub=$!
for _ in $(seq 100); do [ -s "$box/port" ] && break; sleep 0.02; done
[ -s "$box/port" ] || die "the stub did not start"
port=$(cat "$box/port")

measure() { # SIDE WHAT…: its figures to $box/figures
  local side=$1 out=$box/out status=0
  shift
  if [ "$side" = runlet ]; then
    "$build/client" "$@" -- "$runlet" serve --listen '127.0.0.1:{port}' --workspace "$box/work" \
      --state-dir "$box/state" --workspace-per-thread --log-level warn >"$out" || status=$?
  else
    "$build/client" "$@" -- "$node" "$here/peer.mjs" '{port}' >"$out" || status=$?
  fi
  [ "$status" -eq 0 ] || { echo "tests/bench/run.sh: $side: $*: no figure" >&2; return "$status"; }
  sed "s/^/$side /" "$out" >>"$box/figures"
}

failed=0
both() { for side in runlet peer; do measure "$side" "$@" || failed=1; done; }

# A peer that cannot finish so many deltas is measured at the most it can; the table says at how many.
peer_deltas=$deltas
measure_deltas() {
  measure runlet deltas "$deltas" 20 || failed=1
  until measure peer deltas "$peer_deltas" 20; do
    peer_deltas=$((peer_deltas / 10))
    [ "$peer_deltas" -ge 100 ] || { failed=1; return; }
  done
}

echo "runlet disk_mib $(stat -c %s "$runlet" | awk '{print $1 / 1048576}')" >>"$box/figures"
echo "peer disk_mib $(du -skL "$here/node_modules" "$node" | awk '{n += $1} END {print n / 1024}')" >>"$box/figures"
load=$(cut -d' ' -f1 /proc/loadavg)
for round in $(seq "$rounds"); do
  echo "round $round of $rounds" >&2
  both start "$starts"
  both idle "$idle"
  both first "$shorts"
  "$build/client" spawn "$shorts" -- "$build/bin/claude" | sed 's/^/floor /' >>"$box/figures"
  measure_deltas
  both pace "$paced" 1000
  both tools "$calls" "$port" "$token"
  both load "$loads" "$port" "$token" 32
  both big "$big" "$port" "$token"
  "$build/client" floor "$loads" "$port" "$token" -- - | sed 's/^/floor /' >>"$box/figures" || failed=1
  load="$load $(cut -d' ' -f1 /proc/loadavg)"
done

ai=$("$node" -p "require('$here/node_modules/@tanstack/ai/package.json').version")
echo "$("$runlet" --version) against Node $("$node" --version) with @tanstack/ai $ai; $(nproc) processors; $rounds rounds, alternating"
echo "load average at the start and after each round: $load"
python3 "$here/table.py" "$box/figures" "${1:-full}" || failed=1
exit "$failed"
