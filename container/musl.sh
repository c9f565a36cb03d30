#!/bin/sh
# SPDX-License-Identifier: MIT
# musl.sh DEBIAN-ARCHITECTURE FOLDER: unpacks that architecture's musl and musl-dev into FOLDER, from this machine's
# Debian mirror, with apt's signatures checked; apt's own state, and what is installed, stay as they are.  FOLDER/.complete
# names the version that is there, and nothing is fetched again.
set -eu
export LC_ALL=C
arch=$1 into=$2
say() { printf 'musl.sh: %s\n' "$*"; }
[ ! -f "$into/.complete" ] || exit 0
for tool in apt-get dpkg-deb; do
  command -v "$tool" >/dev/null || { say "$tool is missing: another architecture's musl is taken from Debian" >&2; exit 1; }
done

rm -rf "$into"
mkdir -p "$into"
state=$(mktemp -d "$into/.apt-XXXXXX")
trap 'rm -rf "$state"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
apt() {
  apt-get -q -o "APT::Architecture=$arch" -o "APT::Architectures::=$arch" -o "Dir::State::lists=$state/lists" \
    -o "Dir::Cache=$state/cache" -o Dir::State::status=/dev/null -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}
say "reading the lists of Debian's $arch packages (10 MB)"
# One source of several may not have this architecture.
apt update >"$state/out" 2>&1 || say "not all lists could be read: $(sed -n 's/^E: //p' "$state/out" | head -n 1)"
(cd "$state" && apt download musl musl-dev >"$state/out" 2>&1) || {
  cat "$state/out" >&2
  say "musl and musl-dev of $arch are not to be had from this machine's apt sources" >&2
  exit 1
}
for package in "$state"/*.deb; do
  dpkg-deb -x "$package" "$into"
done
dpkg-deb -f "$state"/musl-dev_*.deb Version >"$into/.complete"
say "musl $(cat "$into/.complete") of $arch is in $into"
