#!/bin/sh
# SPDX-License-Identifier: MIT
# Fills subprojects/packagecache with the five source archives that the wraps name, trying in order
#   1. a folder named by RUNLET_SOURCES,
#   2. Debian's source packages, by this machine's own apt configuration (its state is not touched),
#   3. upstream.
# What is trusted is the hash in the wrap, wherever the bytes come from.  Archives that are there already are
# not fetched again; an unpacked folder gets what has changed in its overlay (packagefiles), which meson does not do.
#   --take-newer-mbedtls  when Debian has moved on: write the newer 3.6.x into wrap and overlay
set -eu
say() { printf 'fetch.sh: %s\n' "$*"; }
newer_is_welcome=no
case $#:${1:-} in
0:) ;;
1:--take-newer-mbedtls) newer_is_welcome=yes ;;
*) say "usage: fetch.sh [--take-newer-mbedtls]" >&2; exit 2 ;;
esac
here=$(cd "$(dirname "$0")" && pwd)
cache=$here/packagecache
wraps='cjson curl libuv llhttp mbedtls'
mkdir -p "$cache"
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

field() { sed -n "s/^$2 = //p" "$here/$1.wrap"; }
is_right() { # FILE WRAP
  [ -f "$1" ] && [ "$(sha256sum "$1" | cut -c1-64)" = "$(field "$2" source_hash)" ]
}
missing() {
  for w in $wraps; do
    is_right "$cache/$(field "$w" source_filename)" "$w" || printf '%s ' "$w"
  done
}

from_folder() {
  [ -d "$RUNLET_SOURCES" ] || { say "RUNLET_SOURCES names no folder: $RUNLET_SOURCES" >&2; exit 1; }
  for w in $(missing); do
    f=$RUNLET_SOURCES/$(field "$w" source_filename)
    is_right "$f" "$w" && cp "$f" "$cache/" && say "$w: from RUNLET_SOURCES"
  done
  return 0
}

# -- Debian -------------------------------------------------------------------------------------
package() {
  case $1 in
  cjson) echo cjson/trixie ;;
  curl) echo curl/trixie ;;
  libuv) echo libuv1/trixie ;;
  llhttp) echo nghttp2/trixie ;;
  mbedtls) echo mbedtls/sid ;;
  esac
}

mirror() { # the Debian mirror of this machine's own sources, one-line or deb822; mirror+file: lists too
  cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
    grep -v '^[[:space:]]*#' | grep -oE '[a-z+]+:/[^] ]*/debian(\.list)?/?([[:space:]]|$)' | head -n 1 | tr -d '[:space:]'
}

# Own lists and caches in $temporary; the system's apt state stays as it is.  A mirror that lags is as good as
# another (Check-Valid-Until): what it may give is settled by the hashes.
apt_setup() {
  url=$(mirror)
  [ -n "$url" ] || { say "no Debian mirror in this machine's apt sources"; return 1; }
  key=/usr/share/keyrings/debian-archive-keyring.gpg
  mkdir -p "$temporary/lists/partial" "$temporary/cache/archives/partial" "$temporary/dl"
  for suite in trixie sid; do
    echo "deb-src [signed-by=$key] $url $suite main"
  done >"$temporary/sources.list"
  apt_options="-q -o Dir::Etc::sourcelist=$temporary/sources.list -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists=$temporary/lists -o Dir::Cache=$temporary/cache -o APT::Sandbox::User=root \
    -o Acquire::Check-Valid-Until=false"
  # shellcheck disable=SC2086 # the options are words
  apt-get $apt_options update >"$temporary/apt.log" 2>&1 || {
    grep '^[EW]:' "$temporary/apt.log" || tail -n 5 "$temporary/apt.log"
    say "going on with the suites that could be read"
  }
}

# libuv's archive in Debian differs from upstream's in the name of its folder alone.
take_orig() { # WRAP
  target=$cache/$(field "$1" source_filename)
  for orig in "$temporary"/dl/*.orig.tar.*; do
    case $orig in *.asc) continue ;; esac
    if [ "$1" = libuv ] && [ "${orig##*/}" != "${orig##*/libuv1_}" ]; then
      python3 "$here/rename-folder.py" "$orig" libuv1-1.50.0/ libuv-1.50.0/ >"$temporary/renamed"
      is_right "$temporary/renamed" libuv && mv "$temporary/renamed" "$target" && return 0
    elif is_right "$orig" "$1"; then
      cp "$orig" "$target"
      return 0
    fi
  done
  return 1
}

from_debian() {
  command -v apt-get >/dev/null && command -v python3 >/dev/null || return 0
  apt_setup || return 0
  for w in $(missing); do
    rm -f "$temporary"/dl/*
    # shellcheck disable=SC2086
    (cd "$temporary/dl" && apt-get $apt_options source --download-only --only-source "$(package "$w")") \
      >"$temporary/apt.log" 2>&1 || { say "$w: Debian does not have it"; continue; }
    take_orig "$w" && say "$w: from Debian's source package" && continue
    say "$w: Debian has another version: $(cd "$temporary/dl" && echo *.orig.tar.*)"
    [ "$w" = mbedtls ] && cp "$temporary"/dl/mbedtls_3.6.*.orig.tar.bz2 "$temporary/" 2>/dev/null
  done
  return 0
}

# -- upstream -----------------------------------------------------------------------------------
download() {
  if command -v curl >/dev/null; then curl -fsSL --connect-timeout 20 --max-time 120 -o "$2" "$1"
  elif command -v wget >/dev/null; then wget -q -t 1 -T 20 -O "$2" "$1"
  else python3 -c 'import sys, urllib.request; urllib.request.urlretrieve(sys.argv[1], sys.argv[2])' "$1" "$2"
  fi
}

from_upstream() {
  for w in $(missing); do
    download "$(field "$w" source_url)" "$temporary/upstream" 2>/dev/null || { say "$w: upstream cannot be reached"; continue; }
    is_right "$temporary/upstream" "$w" || { say "$w: upstream's archive has another hash"; continue; }
    mv "$temporary/upstream" "$cache/$(field "$w" source_filename)"
    say "$w: from upstream"
  done
  return 0
}

# -- what meson has unpacked already -------------------------------------------------------------
refresh_overlays() {
  for w in $wraps; do
    unpacked=$here/$(field "$w" directory) overlay=$here/packagefiles/$(field "$w" patch_directory)
    [ -d "$unpacked" ] || continue
    (cd "$overlay" && find . -type f) | while IFS= read -r f; do
      cmp -s "$overlay/$f" "$unpacked/$f" && continue
      mkdir -p "$(dirname "$unpacked/$f")"
      cp "$overlay/$f" "$unpacked/$f"
      say "$w: ${f#./} brought up to date"
    done
  done
}

# -- a pin that is gone ---------------------------------------------------------------------------
newer_mbedtls() { # prints "VERSION HASH" of what Debian has instead
  for f in "$temporary"/mbedtls_3.6.*.orig.tar.bz2; do
    [ -f "$f" ] || return 1
    v=${f##*/mbedtls_}
    echo "${v%.orig.tar.bz2} $(sha256sum "$f" | cut -c1-64)"
    return 0
  done
}

take_newer() { # VERSION HASH
  old=$(field mbedtls directory)
  old=${old#mbedtls-}
  sed -i -e "s/$old/$1/g" -e "s/^source_hash = .*/source_hash = $2/" "$here/mbedtls.wrap"
  sed -i "s/version: '$old'/version: '$1'/" "$here/packagefiles/mbedtls/meson.build"
  cp "$temporary/mbedtls_$1.orig.tar.bz2" "$cache/$(field mbedtls source_filename)"
  say "mbedtls.wrap and packagefiles/mbedtls/meson.build now name $1 (was $old): look at them and commit"
}

[ -z "$(missing)" ] || [ -z "${RUNLET_SOURCES:-}" ] || from_folder
[ -z "$(missing)" ] || from_debian
[ -z "$(missing)" ] || from_upstream
if [ "$(missing)" = "mbedtls " ] && newer=$(newer_mbedtls); then
  if [ "$newer_is_welcome" = yes ]; then
    # shellcheck disable=SC2086 # two words
    take_newer $newer
  else
    say "mbedTLS $(field mbedtls directory) is gone; Debian has ${newer% *}. Either put the archive into a folder and name it" \
      "by RUNLET_SOURCES, or change these two lines (fetch.sh --take-newer-mbedtls does it):"
    say "  subprojects/mbedtls.wrap: the version in every line, and source_hash = ${newer#* }"
    say "  subprojects/packagefiles/mbedtls/meson.build: version: '${newer% *}'"
  fi
fi
left=$(missing)
[ -z "$left" ] || { say "not to be had: $left" >&2; exit 1; }
refresh_overlays
say "all sources are there"
