#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run.sh [agents|long]: the tests, all but the full set of real agents (under 10 minutes on 2
# cores); `agents` those, `long` the long ones.  Ends with "N passed, N failed".
# Installs the Debian packages and npm packages it needs.  Build folders are build-asan, build-clang, build-release.  RUNLET_SOURCES: see subprojects/fetch.sh.
set -u
root=$(cd "$(dirname "$0")/.." && pwd)
mode=${1:-all}
passed=0 failed=0
cd "$root" || exit 1
case $mode in all | agents | long) ;; *) echo "usage: tests/run.sh [agents|long]" >&2; exit 2 ;; esac

say() { printf '\n== %s\n' "$*"; }
count() { passed=$((passed + $1)); failed=$((failed + $2)); }
step() { # NAME COMMAND…: one more test, passed when the command exits 0
  local name=$1
  shift
  say "$name"
  if "$@"; then count 1 0; else count 0 1; printf 'FAILED: %s\n' "$name"; return 1; fi
}

# Counts each meson test by its own result.
meson_suite() { # NAME FOLDER [MESON-TEST-OPTION…]
  local name=$1 folder=$2
  shift 2
  say "$name"
  meson test -C "$folder" --print-errorlogs --no-rebuild "$@" || true
  read -r ok bad < <(python3 - "$folder/meson-logs/testlog.json" <<'PY'
import json, sys
ok = bad = 0
try:
    for line in open(sys.argv[1]):
        good = json.loads(line)["result"] in ("OK", "EXPECTEDFAIL")
        ok, bad = ok + good, bad + (not good)
except OSError:
    bad = 1
print(ok, bad if ok + bad else 1)
PY
  )
  count "$ok" "$bad"
}

build() { # FOLDER MESON-OPTION…, quietly unless it fails
  local folder=$1
  shift
  [ -f "$folder/build.ninja" ] || meson setup "$folder" -Dtests=enabled "$@" >"$folder.log" 2>&1 || { cat "$folder.log"; return 1; }
  ninja -C "$folder" >"$folder.log" 2>&1 || { tail -60 "$folder.log"; return 1; }
}

node_suite() { # MODE
  say "node: $1"
  local tally
  tally=$(mktemp)
  RUNLET=$root/build-release/runlet RUNLET_ASAN=$root/build-asan/src/runlet \
    RUNLET_AGENT=$root/build-asan-agent/scripted_agent RUNLET_TALLY=$tally tests/node/run.sh "$1"
  local status=$? ok=0 bad=0
  read -r ok bad <"$tally" || { ok=0 bad=1; }
  [ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
  rm -f "$tally"
  count "$ok" "$bad"
}

build_scripted_agent() { # without sanitizers: the agent's speed is not what is tested
  mkdir -p build-asan-agent
  gcc -O2 -std=gnu11 -D_GNU_SOURCE -o build-asan-agent/scripted_agent tests/support/scripted_*.c
}

finish() {
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}

step "packages" container/packages.sh tests || finish
step "sources" subprojects/fetch.sh || finish
step "release build" container/build.sh || finish
step "scripted agent" build_scripted_agent || finish
if [ "$mode" = all ]; then
  step "build: gcc, ASan and UBSan" build build-asan -Db_sanitize=address,undefined || finish
  meson_suite "unit, golden, fuzz corpora, tree (gcc, ASan, UBSan)" build-asan
  CC=clang step "build: clang" build build-clang || finish
  meson_suite "unit, golden, fuzz corpora (clang)" build-clang --no-suite tree
  node_suite all
else
  step "build: gcc, ASan and UBSan" build build-asan -Db_sanitize=address,undefined || finish
  node_suite "$mode"
fi
finish
