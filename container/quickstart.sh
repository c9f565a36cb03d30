#!/bin/sh
# SPDX-License-Identifier: MIT
# The README's first command: on a fresh Debian 12 or 13 it installs what is needed, builds the static binary and
# shows the main job (container/demo.sh).  As root, or with sudo.  What is there already is not installed again.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
say() { printf '\nquickstart: %s\n' "$*"; }

say "looking at the packages"
"$root/container/packages.sh" build
say "building the static binary"
"$root/container/build.sh" "$root/build-release"
say "building the stand-in for an agent (tests/support/scripted_agent.c)"
gcc -O2 -std=gnu11 -D_GNU_SOURCE -o "$root/build-release/scripted_agent" "$root"/tests/support/scripted_*.c
exec "$root/container/demo.sh" "$root/build-release/runlet" "$root/build-release/scripted_agent"
