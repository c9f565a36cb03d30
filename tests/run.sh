#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tests/run.sh [agents|long]: the tests, all but the full set of real agents (under 10 minutes on 2 cores);
# `agents` those; `long` both commands of the README in a fresh copy without RUNLET_SOURCES, where the release build must
# give the same bytes, another with each other pin of mbedTLS, thousands of runs in one service, each fuzz target for
# RUNLET_FUZZ_SECONDS (60), the benchmark in small, both architectures, the image.  Ends with "N passed, N failed".  Says first what it needs.
# Installs the Debian packages and npm packages it needs.  RUNLET_SOURCES: see subprojects/fetch.sh.
# shellcheck disable=SC2317 # step calls the functions
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
  local log=$folder/meson-logs/testlog.json status=0 ok bad
  rm -f "$log"
  meson test -C "$folder" --print-errorlogs --no-rebuild "$@" || status=$?
  read -r ok bad < <(python3 - "$log" <<'PY'
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
  [ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
  count "$ok" "$bad"
}

build() { # FOLDER MESON-OPTION…, quietly unless it fails
  local folder=$1 log=$1/build.log
  shift
  mkdir -p "$folder"
  [ -f "$folder/build.ninja" ] ||
    meson setup "$folder" -Dtests=enabled "$@" >"$log" 2>&1 || { cat "$log"; return 1; }
  ninja -C "$folder" >"$log" 2>&1 || { tail -n 60 "$log"; return 1; }
}

node_suite() { # MODE
  say "node: $1"
  local tally=$scratch/tally
  : >"$tally"
  RUNLET=$root/build-release/runlet RUNLET_ASAN=$root/build-asan/src/runlet \
    RUNLET_AGENT=$root/build-asan-agent/scripted_agent RUNLET_WS_ECHO=$root/build-asan/tests/ws_echo \
    RUNLET_TALKER=$root/build-asan/tests/talker RUNLET_TALLY=$tally tests/node/run.sh "$1"
  local status=$? ok=0 bad=0
  read -r ok bad <"$tally" || { ok=0 bad=1; }
  [ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
  count "$ok" "$bad"
}

build_scripted_agent() { # without sanitizers: the agent's speed is not what is tested
  mkdir -p build-asan-agent
  gcc -O2 -std=gnu11 -D_GNU_SOURCE -o build-asan-agent/scripted_agent tests/support/scripted_*.c
}

# As a stranger's clone is: no .git, nothing built, nothing fetched.  In our folder, for TMPDIR may be small.
copy_of_the_tree() { # FOLDER
  rm -rf "$1"
  mkdir -p "$1"
  tar -c --exclude='./build*' --exclude=./.git --exclude=node_modules --exclude=./tests/.cache \
    --exclude='./subprojects/*-[0-9]*[0-9]' --exclude=./subprojects/packagecache . | tar -x -C "$1"
}
fresh=build-fresh/of/another/depth
quickstart_of_a_fresh_copy() { copy_of_the_tree "$fresh" && env -u RUNLET_SOURCES "$fresh/container/quickstart.sh"; }
tests_of_a_fresh_copy() { # set in, so that its totals are not taken for ours
  env -u RUNLET_SOURCES -u RUNLET_TESTS_PID_1 -u RUNLET_TESTS_LOOKS "$fresh/tests/run.sh" 2>&1 | sed 's/^/    /'
  return "${PIPESTATUS[0]}"
}
same_bytes() { cmp build-release/runlet "$fresh/build-release/runlet"; }

# The release build with an mbedTLS that stands in, and TLS by it.
other_pin() { # WRAP
  local copy=build-fresh/$1
  copy_of_the_tree "$copy" && "$copy/subprojects/fetch.sh" cjson curl libuv llhttp "$1" && "$copy/container/build.sh" &&
    RUNLET=$copy/build-release/runlet RUNLET_AGENT=$root/build-asan-agent/scripted_agent \
      tests/node/run.sh flow "$root/tests/flow/empty_root.test.mjs"
}

fuzz_one() { # NAME; what it finds stays in build-fuzz/found
  local words=()
  mkdir -p "build-fuzz/found/$1"
  [ ! -f "tests/fuzz/dict/$1" ] || words=("-dict=tests/fuzz/dict/$1")
  "build-fuzz/tests/fuzz-$1" "${words[@]}" -max_total_time="${RUNLET_FUZZ_SECONDS:-60}" -timeout=20 -print_final_stats=1 \
    -artifact_prefix="build-fuzz/found/$1-" "build-fuzz/found/$1" "tests/fuzz/corpus/$1" >"build-fuzz/$1.log" 2>&1 ||
    { tail -n 40 "build-fuzz/$1.log"; return 1; }
  grep -E 'number_of_executed_units|average_exec' "build-fuzz/$1.log"
}

needs() { # measured on minimal Debian 12 and 13 that had nothing yet: their packages, npm's and its cache, what is built
  case $mode in
  all) echo "needs 4 GB of disk, 10 minutes on 2 free cores and, the first time, 700 MB of downloads" ;;
  agents) echo "needs 6 GB of disk and, the first time, 1.2 GB of downloads" ;;
  long) echo "needs 9 GB of disk and, the first time, 1 GB of downloads" ;;
  esac
  echo "free here: $(df -Ph . | awk 'NR == 2 {print $4}')"
}

finish() {
  printf '\n%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
  exit
}

# All that a test leaves behind, failed or not, lies in here.  The agents of some run as another user, who must get through.
scratch=$(mktemp -d) || exit 1
chmod 755 "$scratch"
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
export TMPDIR=$scratch

echo "tests/run.sh${1:+ $1} $(needs | paste -sd ';' | sed 's/;/; /')"
RUNLET_TESTS_PID_1=yes
step "PID 1" tests/node/run.sh pid-1 || RUNLET_TESTS_PID_1=no
RUNLET_TESTS_LOOKS=yes
step "looking into the program" tests/node/run.sh looks || RUNLET_TESTS_LOOKS=no
export RUNLET_TESTS_PID_1 RUNLET_TESTS_LOOKS
wanted=tests
[ "$mode" = all ] || wanted=$mode
step "packages" container/packages.sh "$wanted" || finish
step "sources" subprojects/fetch.sh || finish
RUNLET_COMMIT=$(container/commit.sh) # a fresh copy has no git to ask
export RUNLET_COMMIT
step "release build" container/build.sh || finish
if [ "$mode" = long ]; then
  step "scripted agent" build_scripted_agent && node_suite long
  step "quickstart of a fresh copy, without RUNLET_SOURCES" quickstart_of_a_fresh_copy
  step "the same bytes from another folder" same_bytes
  step "the tests of a fresh copy, without RUNLET_SOURCES" tests_of_a_fresh_copy
  for wrap in subprojects/mbedtls-*.wrap; do
    pin=${wrap##*/}
    step "the other pin: ${pin%.wrap}" other_pin "${pin%.wrap}"
  done
  rm -rf build-fresh
  CC=clang step "build: fuzzers" build build-fuzz -Dfuzz=true || finish
  for target in tests/fuzz/fuzz_*.c; do
    name=${target##*/fuzz_}
    step "fuzz: ${name%.c}" fuzz_one "${name%.c}"
  done
  step "the benchmark works" tests/bench/run.sh quick
  finish
fi
step "scripted agent" build_scripted_agent || finish
step "build: gcc, ASan and UBSan" build build-asan -Db_sanitize=address,undefined || finish
if [ "$mode" = agents ]; then
  node_suite agents
  finish
fi
meson_suite "unit, golden, fuzz corpora, tree (gcc, ASan, UBSan)" build-asan
CC=clang step "build: clang" build build-clang || finish
meson_suite "unit, golden, fuzz corpora (clang)" build-clang --no-suite tree
node_suite all
finish
