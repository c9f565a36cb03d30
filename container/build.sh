#!/bin/sh
# SPDX-License-Identifier: MIT
# The release build: container/build.sh [DIR] leaves DIR/runlet (default: build-release).
# One static, position independent, stripped executable over musl; the same sources give the same
# bytes in any folder.  Needs gcc, musl-tools, meson, ninja, binutils.  RUNLET_SOURCES: see fetch.sh.
set -eu
most_bytes=1048576
# Only what is written here reaches the compiler.
unset CC CFLAGS CPPFLAGS LDFLAGS AR NM RANLIB STRIP REALGCC CPATH C_INCLUDE_PATH LIBRARY_PATH COMPILER_PATH \
  GCC_EXEC_PREFIX LD_RUN_PATH
export LC_ALL=C

root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "${1:-$root/build-release}"
out=$(cd "${1:-$root/build-release}" && pwd)
say() { printf 'build.sh: %s\n' "$*"; }
fail() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

for tool in gcc musl-gcc meson ninja strip readelf; do
  command -v "$tool" >/dev/null || fail "$tool is missing (container/quickstart.sh installs what is needed)"
done
"$root/subprojects/fetch.sh"

# musl-gcc's own specs make a dynamically linked executable of -static-pie: start it with rcrt1.o,
# which relocates itself, and tell the linker that there is no interpreter.
made_of=$(cat "$out/musl.ini" "$out/static-pie.specs" 2>/dev/null || true)
specs=$(sed -n 's/.*-specs "\([^"]*\)".*/\1/p' "$(command -v musl-gcc)")
[ -r "$specs" ] || fail "cannot find the specs file that musl-gcc names"
sed -e 's/Scrt1\.o/rcrt1.o/' \
  -e 's/^-dynamic-linker .*/-nostdlib -static -pie --no-dynamic-linker -z text -z relro -z now/' \
  "$specs" >"$out/static-pie.specs"
cat >"$out/musl.ini" <<INI
# $(gcc --version | head -n 1), meson $(meson --version)
[binaries]
c = ['gcc', '-specs=$out/static-pie.specs']
ar = 'gcc-ar'
nm = 'gcc-nm'
ranlib = 'gcc-ranlib'
strip = 'strip'
pkgconfig = 'false'
cmake = 'false'

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
c_args = ['-fPIE', '-ffile-prefix-map=$out=.', '-ffile-prefix-map=$root=.', '-fno-asynchronous-unwind-tables', '-Oz']
c_link_args = ['-Wl,--build-id=none', '-flto-partition=one']

[project options]
static_pie = true
gc_sections = true
kernel_headers = true
tests = 'disabled'
INI

say "building in $out"
# meson keeps what it was set up with: other flags, another compiler or source folder begin anew.
# The folder is ours only if our file stood beside it.
if [ -n "$made_of" ] && [ "$made_of" != "$(cat "$out/musl.ini" "$out/static-pie.specs")" ]; then
  rm -rf "$out/work"
fi
[ -f "$out/work/build.ninja" ] ||
  meson setup --native-file "$out/musl.ini" "$out/work" "$root" >"$out/setup.log" 2>&1 || {
  cat "$out/setup.log" >&2
  fail "meson setup failed"
}
ninja -C "$out/work" src/runlet >"$out/ninja.log" 2>&1 || { tail -40 "$out/ninja.log" >&2; fail "the build failed"; }
strip -o "$out/runlet" "$out/work/src/runlet"

# What the name promises, looked at.
look=$(readelf -hldW "$out/runlet")
has() { printf '%s\n' "$look" | grep -q "$1"; }
has 'Type:.*DYN' || fail "runlet is not position independent"
! has INTERP || fail "runlet asks for an interpreter: it is not static"
! has '(NEEDED)' || fail "runlet needs shared libraries"
! has TEXTREL || fail "runlet has relocations in its code"
has '(RELR)' || fail "runlet's relocations are not packed (container/relr_start.c)"
has GNU_RELRO || fail "runlet has no RELRO"
has BIND_NOW || fail "runlet's tables stay writable: its RELRO is not full"
has 'GNU_STACK.* RW ' || fail "runlet's stack is executable"
size=$(wc -c <"$out/runlet")
[ "$size" -le "$most_bytes" ] || fail "runlet has $size bytes, more than $most_bytes"
say "$out/runlet: $size bytes, sha256 $(sha256sum "$out/runlet" | cut -c1-64)"
