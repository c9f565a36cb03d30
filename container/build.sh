#!/bin/sh
# SPDX-License-Identifier: MIT
# The release build: container/build.sh [--arch ARCH] [DIR] leaves DIR/runlet, for this machine (default: build-release)
# or for ARCH, x86_64 or aarch64 (build-ARCH).  container/build.sh --all [DIR] leaves what is given out (build-dist):
# runlet-x86_64, runlet-aarch64, SHA256SUMS and runlet.spdx.json.
# One static, position independent, stripped executable over musl; the same sources give the same
# bytes in any folder.  Needs container/packages.sh build, for the other architecture `cross`.  RUNLET_SOURCES: see
# subprojects/fetch.sh.  RUNLET_COMMIT: what `runlet version` tells; else git is asked.
set -eu
# Only what is written here reaches the compiler.
unset CC CFLAGS CPPFLAGS LDFLAGS AR NM RANLIB STRIP REALGCC CPATH C_INCLUDE_PATH LIBRARY_PATH COMPILER_PATH \
  GCC_EXEC_PREFIX LD_RUN_PATH
export LC_ALL=C

root=$(cd "$(dirname "$0")/.." && pwd)
say() { printf 'build.sh: %s\n' "$*"; }
fail() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }
usage() { echo "usage: build.sh [--arch x86_64|aarch64 | --all] [DIR]" >&2; exit 2; }
here=$(uname -m) arch=
commit=${RUNLET_COMMIT:-$("$root/container/commit.sh")}
case ${1:-} in
--all)
  [ $# -le 2 ] || usage
  mkdir -p "${2:-$root/build-dist}"
  all=$(cd "${2:-$root/build-dist}" && pwd)
  for arch in x86_64 aarch64; do
    RUNLET_COMMIT=$commit "$0" --arch "$arch" "$all/$arch"
    cp "$all/$arch/runlet" "$all/runlet-$arch"
  done
  python3 "$root/container/sbom.py" "$all"/runlet-x86_64 "$all"/runlet-aarch64 >"$all/runlet.spdx.json"
  (cd "$all" && sha256sum runlet-x86_64 runlet-aarch64 runlet.spdx.json >SHA256SUMS)
  say "$all: runlet-x86_64, runlet-aarch64, SHA256SUMS, runlet.spdx.json"
  exit
  ;;
--arch)
  [ $# -ge 2 ] || usage
  arch=$2
  shift 2
  ;;
esac
[ $# -le 1 ] || usage
out=${1:-$root/build-${arch:-release}}
arch=${arch:-$here}
case $arch in
x86_64) debian=amd64 most_bytes=1048576 ;;
aarch64) debian=arm64 most_bytes=1310720 ;;
*) fail "no release build for $arch (x86_64 and aarch64 are known)" ;;
esac
case $out in -*) usage ;; esac
mkdir -p "$out"
out=$(cd "$out" && pwd)

prefix='' wants=build
[ "$arch" = "$here" ] || { prefix=$arch-linux-gnu- wants=cross; }
for tool in "${prefix}gcc" "${prefix}strip" meson ninja readelf; do
  command -v "$tool" >/dev/null || fail "$tool is missing (container/packages.sh $wants installs what is needed)"
done
"$root/subprojects/fetch.sh"

# What musl-gcc would read: its own specs, in the other architecture's packages with their folder before each path.
if [ -z "$prefix" ]; then
  command -v musl-gcc >/dev/null || fail "musl-gcc is missing (container/packages.sh build installs it)"
  specs=$(sed -n 's/.*-specs "\([^"]*\)".*/\1/p' "$(command -v musl-gcc)") musl=
  libc=$(dpkg-query -W -f='${Version}' musl-dev 2>/dev/null) || libc=unknown
else
  musl=$out/musl
  "$root/container/foreign.sh" "$debian" "$musl" musl musl-dev
  specs=$musl/usr/lib/$arch-linux-musl/musl-gcc.specs libc=$(cat "$musl/.complete")
fi
[ -r "$specs" ] || fail "cannot find the specs file of musl-gcc"
# They make a dynamically linked executable of -static-pie: start it with rcrt1.o,
# which relocates itself, and tell the linker that there is no interpreter.
made_of=$(cat "$out/musl.ini" "$out/static-pie.specs" 2>/dev/null || true)
sed -e 's/Scrt1\.o/rcrt1.o/' -e "s,/usr/\(include\|lib\)/$arch-linux-musl,$musl&,g" \
  -e 's/^-dynamic-linker .*/-nostdlib -static -pie --no-dynamic-linker -z text -z relro -z now/' \
  "$specs" >"$out/static-pie.specs"
cat >"$out/musl.ini" <<INI
# $("${prefix}gcc" --version | head -n 1), meson $(meson --version)
[binaries]
c = ['${prefix}gcc', '-specs=$out/static-pie.specs']
ar = '${prefix}gcc-ar'
nm = '${prefix}gcc-nm'
ranlib = '${prefix}gcc-ranlib'
strip = '${prefix}strip'
pkgconfig = 'false'
cmake = 'false'

[host_machine]
system = 'linux'
cpu_family = '$arch'
cpu = '$arch'
endian = 'little'

[built-in options]
wrap_mode = 'forcefallback'
default_library = 'static'
prefer_static = true
buildtype = 'minsize'
debug = false
b_lto = true
b_ndebug = 'true'
b_pie = true
b_staticpic = true
c_args = ['-fPIE', '-ffile-prefix-map=$out=.', '-ffile-prefix-map=$root=.', '-fno-asynchronous-unwind-tables', '-fno-unwind-tables', '-Oz']
c_link_args = ['-Wl,--build-id=none', '-flto-partition=one']

[project options]
static_pie = true
gc_sections = true
kernel_headers = true
libc = 'musl $libc'
tests = 'disabled'
INI

say "building for $arch in $out"
# meson keeps what it was set up with: other flags, another compiler or source folder begin anew.
# The folder is ours only if our file stood beside it.
if [ -n "$made_of" ] && [ "$made_of" != "$(cat "$out/musl.ini" "$out/static-pie.specs")" ]; then
  rm -rf "$out/work"
fi
machine=--native-file
[ -z "$prefix" ] || machine=--cross-file
if [ ! -f "$out/work/build.ninja" ]; then
  meson setup "$machine" "$out/musl.ini" "-Dcommit=$commit" "$out/work" "$root" >"$out/setup.log" 2>&1 || {
    cat "$out/setup.log" >&2
    fail "meson setup failed"
  }
elif [ "$commit" != "$(cat "$out/work/commit" 2>/dev/null)" ]; then
  meson configure "$out/work" "-Dcommit=$commit" >"$out/setup.log" 2>&1 || { cat "$out/setup.log" >&2; fail "meson configure failed"; }
fi
echo "$commit" >"$out/work/commit"
ninja -C "$out/work" src/runlet >"$out/ninja.log" 2>&1 || { tail -40 "$out/ninja.log" >&2; fail "the build failed"; }
"${prefix}strip" -o "$out/runlet" "$out/work/src/runlet"

# What the name promises, looked at.
look=$(readelf -hldW "$out/runlet")
has() { printf '%s\n' "$look" | grep -q "$1"; }
has 'Type:.*DYN' || fail "runlet is not position independent"
! has INTERP || fail "runlet asks for an interpreter: it is not static"
! has '(NEEDED)' || fail "runlet needs shared libraries"
! has TEXTREL || fail "runlet has relocations in its code"
# The aarch64 linker of Debian 12 cannot pack them.
[ "$arch" = aarch64 ] || has '(RELR)' || fail "runlet's relocations are not packed (container/relr_start.c)"
has GNU_RELRO || fail "runlet has no RELRO"
has BIND_NOW || fail "runlet's tables stay writable: its RELRO is not full"
has 'GNU_STACK.* RW ' || fail "runlet's stack is executable"
size=$(wc -c <"$out/runlet")
[ "$size" -le "$most_bytes" ] || fail "runlet has $size bytes, more than $most_bytes"
say "$out/runlet: $size bytes, sha256 $(sha256sum "$out/runlet" | cut -c1-64)"
