#!/bin/sh
# SPDX-License-Identifier: MIT
# packages.sh build|cross|tests|agents|long: installs the Debian packages that the build (cross: for the other architecture too), the
# tests, those with agents or the long ones need and that are not there yet, as root or with sudo.  The one list of them, for Debian 12 and 13; quickstart.sh, tests/run.sh and .ci/run call it.
set -eu
build="gcc libc6-dev musl-tools linux-libc-dev meson ninja-build binutils python3 bzip2 ca-certificates curl
  debian-archive-keyring"
tests="clang clang-format libclang-rt-dev libcmocka-dev pkg-config openssl nodejs git procps util-linux
  python3-websockets iproute2 buildah crun"
case $(dpkg --print-architecture 2>/dev/null) in
arm64) cross="gcc-x86-64-linux-gnu linux-libc-dev-amd64-cross" machine=qemu-system-x86 ;;
*) cross="gcc-aarch64-linux-gnu linux-libc-dev-arm64-cross" machine=qemu-system-arm ;;
esac
case ${1:-} in
build) wanted=$build ;;
cross) wanted="$build $cross" ;;
tests) wanted="$build $tests" ;;
agents) wanted="$build $tests chromium" ;; # for a page
long) wanted="$build $cross $tests qemu-user $machine cpio mmdebstrap" ;;
*) echo "usage: packages.sh build|cross|tests|agents|long" >&2; exit 2 ;;
esac
fail() { echo "packages.sh: $*" >&2; exit 1; }

missing=
for p in $wanted; do
  dpkg-query -W -f='${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
# npm may come with another distribution of node
case $1 in build | cross) npm=no ;; *) npm=yes ;; esac
[ $npm = no ] || command -v npm >/dev/null || missing="$missing npm"
[ -n "$missing" ] || exit 0
command -v apt-get >/dev/null || fail "there is no apt-get here; install by hand:$missing"
sudo=
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || fail "neither root nor sudo here; as root: apt-get install --no-install-recommends$missing"
  sudo=sudo
fi
echo "installing$missing"
$sudo apt-get update -q
# shellcheck disable=SC2086 # a list of words
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing
