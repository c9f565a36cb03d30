#!/bin/sh
# SPDX-License-Identifier: MIT
# tests/node/run.sh [flow|agents|long|all] [file ...]: the black-box tests of the built program.
# tests/node/run.sh node: where its Node is.
# tests/node/run.sh pid-1|looks: whether this machine may play the PID 1 cells, may look into the program's /proc.
#
#   flow    the program with the scripted agent and the published orchestrator packages
#   agents  the program with the real agent CLIs (2.7 GB more of npm packages), against mock models, its bridge
#           with the MCP conformance suites and clients, and Paperclip's own tests with it as their gateway
#   long    thousands of runs in one service
#   all     flow, and of agents Claude Code alone (0.7 GB) and the suites (the default)
#
# Needs RUNLET (the program), RUNLET_AGENT (the scripted agent), and for `flow` RUNLET_WS_ECHO (built from
# support/ws_echo.c); RUNLET_TALKER (from support/talker.c), without which the dialogue tests fail; RUNLET_ASAN may name a
# sanitizer build, with which `agents` does the flow tests once more.  Everything else is installed here
# by `npm ci`.  What is missing is a failure.  RUNLET_TALLY names a file that gets "passed failed".
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tests=$(dirname "$here")
which=${1:-all}
[ $# -eq 0 ] || shift

die() {
  echo "tests/node/run.sh: $*" >&2
  exit 2
}

absolute() {
  case $1 in /*) echo "$1" ;; *) echo "$PWD/$1" ;; esac
}

# Both are in the lock, npm takes the one that fits.
case $(uname -m) in aarch64) arch=arm64 ;; *) arch=x64 ;; esac
node=$here/node_modules/node-linux-$arch/bin/node
if [ "$which" = node ]; then
  echo "$node"
  exit
fi

# As init.mjs does it.  Not to be had in a container with the usual rights.
pid_1() {
  own=
  [ "$(id -u)" -eq 0 ] || own="--user --map-root-user"
  # shellcheck disable=SC2086 # words
  said=$(unshare $own --pid --fork --propagation unchanged --mount-proc --kill-child true 2>&1) && return
  echo "no PID namespace can be made here ($said): the cells 'PID 1' of the fault matrix are not played and count as" \
    "one failure, and rows of the container table (flow/containers.test.mjs) fail; to play them: root with CAP_SYS_ADMIN, in a container docker run --privileged"
  return 1
}
# The program closes its memory, environment and descriptors to others (PR_SET_DUMPABLE).
looks() {
  caps=$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
  [ $((0x$caps >> 19 & 1)) -eq 0 ] || return 0
  echo "the program's memory, environment and descriptors cannot be seen here (no CAP_SYS_PTRACE): what looks at them is not tested and" \
    "counts as one failure; to test it: root with CAP_SYS_PTRACE, in a container docker run --privileged"
  return 1
}
case $which in
pid-1) pid_1; exit ;;
looks) looks; exit ;;
esac

case $which in flow | agents | long | all) ;; *) die "no such part: $which (flow, agents, long, all)" ;; esac
[ -x "${RUNLET:-}" ] || die "RUNLET must name the built program"
[ -x "${RUNLET_AGENT:-}" ] || die "RUNLET_AGENT must name the scripted agent"
[ -z "${RUNLET_ASAN:-}" ] || [ -x "$RUNLET_ASAN" ] || die "RUNLET_ASAN is not a program"
RUNLET=$(absolute "$RUNLET")
RUNLET_AGENT=$(absolute "$RUNLET_AGENT")
[ -z "${RUNLET_TALKER:-}" ] || RUNLET_TALKER=$(absolute "$RUNLET_TALKER")
[ -z "${RUNLET_WS_ECHO:-}" ] || RUNLET_WS_ECHO=$(absolute "$RUNLET_WS_ECHO")
command -v npm >/dev/null || die "npm is needed (Debian: apt-get install npm)"

# The lock's checksum is left behind after an install that went through.
install_packages() { # FOLDER [npm's words]
  want=$(cksum <"$1/package-lock.json")
  [ "$(cat "$1/node_modules/.installed" 2>/dev/null || true)" = "$want" ] && return
  # shellcheck disable=SC2086 # words
  (cd "$1" && npm ${2:-ci} --no-audit --no-fund --loglevel=error) || die "npm ${2:-ci} failed in $1"
  echo "$want" >"$1/node_modules/.installed"
}

install_packages "$here"
install_packages "$here/replay"
# Not `ci`, nor what is optional: the lock of one has platforms that are not to be had (see agents).
install_packages "$here/formats" "install --no-save --omit=optional --ignore-scripts"
[ "$which" = long ] || install_packages "$here/harness" # vercel/ai's, and the WebSocket client
ln -sfn node/node_modules "$tests/node_modules"
"$node" --version >/dev/null || die "$node does not run: remove $here/node_modules and try again"

if [ "$which" != flow ] && [ "$which" != long ]; then
  install_packages "$here/mcp"
  install_packages "$here/claude"
  RUNLET_CLAUDE=$here/claude/node_modules/.bin/claude
  # An npm that holds install scripts back leaves the program to be put in place.
  # A damaged one is a bare runtime, which has a version too.
  runs() { "$RUNLET_CLAUDE" --version 2>&1 | grep -q 'Claude Code'; }
  runs || (cd "$here/claude/node_modules/@anthropic-ai/claude-code" && "$node" install.cjs) || true
  runs || die "$RUNLET_CLAUDE is not the real claude: remove $here/claude/node_modules and try again"
  export RUNLET_CLAUDE
fi

timeout_ms=300000
[ "$which" != long ] || timeout_ms=3600000
if [ "$which" = agents ]; then
  # `npm ci` wants the packages of every platform in the lock, and not all are to be had; the lock pins all the same.
  install_packages "$here/agents" "install --no-save"
  RUNLET_AGENTS=$here/agents/node_modules/.bin
  for name in codex gemini grok opencode; do
    PATH=${node%/*}:$PATH "$RUNLET_AGENTS/$name" --version >/dev/null 2>&1 ||
      (cd "$here/agents" && npm rebuild --loglevel=error) || true # the same for these
    PATH=${node%/*}:$PATH "$RUNLET_AGENTS/$name" --version >/dev/null || die "the real $name does not run"
  done
  export RUNLET_AGENTS
  install_packages "$here/acp" "install --no-save"
  RUNLET_ACP=$here/acp/node_modules/.bin
  export RUNLET_ACP
  install_packages "$here/paperclip"
  RUNLET_PAPERCLIP=$here/paperclip/node_modules
  export RUNLET_PAPERCLIP
  export RUNLET_SLOW=1
fi
passed=0
failed=0
trouble=0
# All that the tests leave lies in here.  The agents of some run as another user, who must get through.
scratch=$(mktemp -d)
chmod 755 "$scratch"
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
log=$scratch/log
TMPDIR=$scratch
HOME=$scratch/home # some of the real programs write there
mkdir "$HOME"
export TMPDIR HOME
# tests/run.sh has asked, and counted it.
if [ -z "${RUNLET_TESTS_PID_1:-}" ]; then
  RUNLET_TESTS_PID_1=yes
  pid_1 || { RUNLET_TESTS_PID_1=no failed=1; }
  export RUNLET_TESTS_PID_1
fi
if [ -z "${RUNLET_TESTS_LOOKS:-}" ]; then
  RUNLET_TESTS_LOOKS=yes
  looks || { RUNLET_TESTS_LOOKS=no failed=$((failed + 1)); }
  export RUNLET_TESTS_LOOKS
fi

# part NAME PROGRAM FILE...: one run of node's test runner, its totals added to ours.  Servers that a failed test
# left open do not hold the others up.
part() {
  echo "== $1"
  program=$2
  shift 2
  RUNLET=$program RUNLET_AGENT=$RUNLET_AGENT NODE_NO_WARNINGS=1 "$node" --test --test-force-exit \
    --test-concurrency=1 --test-timeout="$timeout_ms" --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$log" "$@" || trouble=1
  good=$(sed -n 's/^# pass //p' "$log")
  bad=$(sed -n 's/^# fail //p' "$log")
  idle=$(sed -n 's/^# skipped //p; s/^# todo //p; s/^# cancelled //p' "$log" | awk '{n += $1} END {print n + 0}')
  passed=$((passed + ${good:-0}))
  failed=$((failed + ${bad:-1} + idle))
}

if [ $# -gt 0 ]; then
  part "$*" "$RUNLET" "$@"
elif [ "$which" = long ]; then
  part "long" "$RUNLET" "$tests"/long/*.test.mjs
else
  [ "$which" = agents ] || part "flow" "$RUNLET" "$tests"/flow/*.test.mjs
  [ "$which" != agents ] || part "real agents" "$RUNLET" "$tests"/interop/*.test.mjs
  [ "$which" != all ] ||
    part "real agents" "$RUNLET" "$tests"/interop/claude.test.mjs "$tests"/interop/dialogue.test.mjs \
      "$tests"/interop/harness.test.mjs "$tests"/interop/mcp.test.mjs
  if [ "$which" = agents ] && [ -n "${RUNLET_ASAN:-}" ]; then
    unset RUNLET_SLOW # that is for the real agents
    part "flow, sanitizers" "$(absolute "$RUNLET_ASAN")" "$tests"/flow/*.test.mjs
  fi
fi

echo "node tests: $passed passed, $failed failed"
[ -z "${RUNLET_TALLY:-}" ] || echo "$passed $failed" >"$RUNLET_TALLY"
[ "$failed" -eq 0 ] && [ "$trouble" -eq 0 ] && [ "$passed" -gt 0 ]
