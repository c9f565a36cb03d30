#!/bin/sh
# SPDX-License-Identifier: MIT
# The README's first command: on a fresh Debian 12 it installs what is needed, builds the static binary and
# shows the main job (container/demo.sh).  As root, or with sudo.  What is there already is not installed again.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
packages="gcc libc6-dev musl-tools linux-libc-dev meson ninja-build binutils python3 bzip2 ca-certificates curl \
  debian-archive-keyring"
say() { printf '\nquickstart: %s\n' "$*"; }

missing=
for p in $packages; do
  dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
if [ -n "$missing" ]; then
  say "installing$missing"
  sudo=
  [ "$(id -u)" -eq 0 ] || sudo=sudo
  $sudo apt-get update -q
  # shellcheck disable=SC2086 # a list of words
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
fi

say "building the static binary"
"$root/container/build.sh" "$root/build-release"
say "building the stand-in for an agent (tests/support/scripted_agent.c)"
gcc -O2 -std=gnu11 -D_GNU_SOURCE -o "$root/build-release/scripted_agent" "$root"/tests/support/scripted_*.c
exec "$root/container/demo.sh" "$root/build-release/runlet" "$root/build-release/scripted_agent"
