#!/bin/sh
# SPDX-License-Identifier: MIT
# pack.sh [DIST [OUT]]: npm packages of what `container/build.sh --all` left in DIST (build-dist): OUT/runlet-VERSION.tgz, which
# carries no binary, and OUT/runlet-linux-CPU-VERSION.tgz for each binary that is there.  OUT: DIST/npm.  To try them:
#   npm install OUT/runlet-0.1.0.tgz OUT/runlet-linux-x64-0.1.0.tgz && npx runlet version
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
dist=$(cd "${1:-$root/build-dist}" && pwd)
mkdir -p "${2:-$dist/npm}"
out=$(cd "${2:-$dist/npm}" && pwd)
version=$(sed -n "s/^project(.* version: '\([^']*\)'.*/\1/p" "$root/meson.build")
work=$(mktemp -d "$out/.pack-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
pack() { (cd "$1" && npm pack --silent --pack-destination "$out"); }

cp -R "$here" "$work/runlet"
rm "$work/runlet/pack.sh"
cp "$root/container/container-runner.mjs" "$root/LICENSE" "$work/runlet/"
pack "$work/runlet"

found=no
for arch in x86_64 aarch64; do
  [ -f "$dist/runlet-$arch" ] || continue
  found=yes
  case $arch in x86_64) cpu=x64 ;; aarch64) cpu=arm64 ;; esac
  package=$work/runlet-linux-$cpu
  mkdir -p "$package/bin"
  cp "$root/LICENSE" "$package/"
  cp "$dist/runlet-$arch" "$package/bin/runlet"
  chmod 755 "$package/bin/runlet"
  cat >"$package/package.json" <<JSON
{
  "name": "runlet-linux-$cpu",
  "version": "$version",
  "description": "The binary of runlet for Linux on $cpu.",
  "license": "MIT",
  "os": ["linux"],
  "cpu": ["$cpu"],
  "files": ["bin/runlet"],
  "preferUnplugged": true
}
JSON
  pack "$package"
done
[ $found = yes ] || { echo "pack.sh: no binary in $dist: container/build.sh --all makes them" >&2; exit 1; }
