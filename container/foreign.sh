#!/bin/sh
# SPDX-License-Identifier: MIT
# foreign.sh DEBIAN-ARCHITECTURE FOLDER PACKAGE…: unpacks that architecture's packages into FOLDER, from this machine's
# Debian mirror, with apt's signatures checked; apt's own state, and what is installed, stay as they are.  FOLDER/.complete
# names the version of the last one, and nothing is fetched again.  Of linux-image-cloud-… the kernel that it stands for is taken.
set -eu
export LC_ALL=C
arch=$1 into=$2
shift 2
say() { printf 'foreign.sh: %s\n' "$*"; }
[ ! -f "$into/.complete" ] || exit 0
for tool in apt-get dpkg-deb; do
  command -v "$tool" >/dev/null || { say "$tool is missing: another architecture's packages are taken from Debian" >&2; exit 1; }
done

rm -rf "$into"
mkdir -p "$into"
into=$(cd "$into" && pwd)
state=$(mktemp -d "$into/.apt-XXXXXX")
trap 'rm -rf "$state"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
apt() { # PROGRAM WORD…
  program=$1
  shift
  "$program" -q -o "APT::Architecture=$arch" -o "APT::Architectures::=$arch" -o "Dir::State::lists=$state/lists" \
    -o "Dir::Cache=$state/cache" -o Dir::State::status=/dev/null -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}
say "reading the lists of Debian's $arch packages (10 MB)"
# One source of several may not have this architecture.
apt apt-get update >"$state/out" 2>&1 || say "not all lists could be read: $(sed -n 's/^E: //p' "$state/out" | head -n 1)"
for package in "$@"; do
  case $package in
  linux-image-cloud-*)
    package=$(apt apt-cache depends "$package" 2>/dev/null | sed -n 's/.*Depends: \(linux-image-[0-9].*\)/\1/p' | head -n 1)
    ;;
  esac
  (cd "$state" && rm -f ./*.deb && apt apt-get download "$package" >"$state/out" 2>&1) || {
    cat "$state/out" >&2
    say "$package of $arch is not to be had from this machine's apt sources" >&2
    exit 1
  }
  dpkg-deb -x "$state"/*.deb "$into"
  version=$(dpkg-deb -f "$state"/*.deb Version)
done
echo "$version" >"$into/.complete"
say "$* of $arch, $version, is in $into"
