#!/bin/sh
# SPDX-License-Identifier: MIT
# Fills subprojects/packagecache with the source archives that the wraps name, trying in order
#   1. a folder named by RUNLET_SOURCES,
#   2. the pool of each Debian mirror of this machine (the wraps' debian_pool), by apt's own helper, else curl or wget,
#   3. Debian's source packages, by apt with lists of its own (the machine's apt state is not touched),
#   4. upstream.
# What is trusted is the hash in the wrap, wherever the bytes come from.  Archives that are there already are
# not fetched again; an unpacked folder gets what has changed in its overlay (packagefiles), which meson does not do.
# mbedtls.wrap is the first pin of mbedTLS; where it is not to be had, mbedtls-VERSION.wrap stands in, the newest first.
# packagecache/mbedtls.pin tells meson which one it is.
#   NAME…                 only these wraps
#   --take-newer-mbedtls  when Debian has moved on: write the newer 3.6.x into mbedtls.wrap
# RUNLET_FETCH_PATIENCE: seconds of silence after which a server is left (20); ten times as much for a whole file.
set -eu
export LC_ALL=C
say() { printf 'fetch.sh: %s\n' "$*"; }
here=$(cd "$(dirname "$0")" && pwd)
cache=$here/packagecache
patience=${RUNLET_FETCH_PATIENCE:-20}
pins=$(cd "$here" && printf '%s\n' mbedtls-*.wrap | sort -rV | sed -n 's/\.wrap$//p')
newer_is_welcome=no
wanted='cjson curl libuv llhttp mbedtls'
if [ "${1:-}" = --take-newer-mbedtls ] && [ $# -eq 1 ]; then newer_is_welcome=yes
elif [ $# -gt 0 ]; then
  for w in "$@"; do
    [ -f "$here/$w.wrap" ] || { say "usage: fetch.sh [--take-newer-mbedtls | NAME…], NAME.wrap being there" >&2; exit 2; }
  done
  wanted=$*
fi
# Beside the archives: what fits there fits here, whatever TMPDIR is.
mkdir -p "$cache"
temporary=$(mktemp -d "$cache/.fetch-XXXXXX")
trap 'rm -rf "$temporary"' EXIT
trap 'exit 1' HUP INT TERM
export TMPDIR="$temporary"
: >"$temporary/reasons"

field() { sed -n "s/^\(# \)\{0,1\}$2 = //p" "$here/$1.wrap"; }
version() { d=$(field "$1" directory); echo "${d##*-}"; }
archive() { echo "$cache/$(field "$1" source_filename)"; }
has_hash() { [ -f "$1" ] && [ "$(sha256sum <"$1" | cut -c1-64)" = "$2" ]; } # FILE HASH
is_there() { has_hash "$(archive "$1")" "$(field "$1" source_hash)"; }
pin() { # the pin of mbedTLS whose archive is there
  for p in mbedtls $pins; do
    is_there "$p" && echo "$p" && return
  done
  return 1
}
missing() {
  for w in $wanted; do
    is_there "$w" || { [ "$w" = mbedtls ] && pin >/dev/null; } || printf '%s ' "$w"
  done
}
keep() { mv "$1" "$(archive "$2")" && say "$2: from $3"; } # FILE WRAP WHENCE; in one step, for whoever looks
# Told at the end, if it was in vain.  Without the password that a mirror's address may hold.
because() { printf '%s\n' "$*" | sed 's,//[^/@ ]*@,//,' >>"$temporary/reasons"; }

from_folder() {
  [ -d "$RUNLET_SOURCES" ] || { say "RUNLET_SOURCES names no folder: $RUNLET_SOURCES" >&2; exit 1; }
  for w in $wanted $pins; do
    case " $(missing)" in *" $w "* | *" mbedtls "*) ;; *) continue ;; esac
    f=$RUNLET_SOURCES/$(field "$w" source_filename)
    [ -f "$f" ] || { because "$w: $f is not there"; continue; }
    has_hash "$f" "$(field "$w" source_hash)" || { because "$w: $f has another hash"; continue; }
    cp "$f" "$temporary/copy" && keep "$temporary/copy" "$w" RUNLET_SOURCES
  done
  return 0
}

# -- one file from one server ----------------------------------------------------------------------
helper=/usr/lib/apt/apt-helper
patient() { # COMMAND…, with an end
  code=0
  timeout --foreground "$((patience * 10))" "$@" || code=$?
  [ "$code" -ne 124 ] || echo "E: not within $((patience * 10)) s" >&2
  return "$code"
}
by_apt() { # URL HASH FILE
  [ -x "$helper" ] || return 1
  patient "$helper" -q -o APT::Sandbox::User=root -o Acquire::Retries=0 -o "Acquire::http::Timeout=$patience" \
    -o "Acquire::https::Timeout=$patience" download-file "$1" "$3" ${2:+"SHA256:$2"} >"$temporary/apt.out" 2>"$temporary/error"
}
by_others() { # URL FILE
  if command -v curl >/dev/null; then
    patient curl -fsSL --connect-timeout "$patience" --speed-limit 1 --speed-time "$patience" -o "$2" "$1"
  elif command -v wget >/dev/null; then patient wget -nv -t 1 -T "$patience" -O "$2" "$1"
  else
    [ ! -s "$temporary/error" ] || cat "$temporary/error" >&2
    [ -s "$temporary/error" ] || echo "E: there is no apt-helper, curl or wget here" >&2
    return 1
  fi 2>"$temporary/error.others"
}
said() { # what went wrong, in the words of the program that tried
  cat "$temporary/error.others" "$temporary/error" 2>/dev/null |
    sed -n 's/^E: Failed to fetch [^ ]* *//; s/^E: //; s/^ *//; /./{s/ *\[IP: [^]]*\]//; p; q;}'
}
get() { # URL HASH FILE: 0 it is there; 1 the server has something else or nothing; 2 the server cannot be reached
  rm -f "$temporary/error" "$temporary/error.others"
  case $1 in
  file:* | copy:*)
    from=${1#*:}
    cp "/${from##/}" "$3" 2>"$temporary/error" || return 1
    ;;
  *)
    by_apt "$@" || {
      ! grep -q -e ' 404 ' -e 'Hash Sum mismatch' "$temporary/error" 2>/dev/null || return 1
      by_others "$1" "$3" || { grep -q -w 404 "$temporary/error.others" 2>/dev/null && return 1 || return 2; }
    }
    ;;
  esac
  [ -z "$2" ] || has_hash "$3" "$2" || { echo "E: another hash" >"$temporary/error"; rm -f "$temporary/error.others"; return 1; }
}

# -- Debian -------------------------------------------------------------------------------------
# This machine's mirrors, Debian's own suites first, as apt reads them: one-line or deb822, enabled, with options.
mirrors() {
  command -v apt-get >/dev/null || return 0
  # shellcheck disable=SC2016 # apt's own
  apt-get indextargets --no-release-info --format '$(RELEASE) $(REPO_URI)' 2>"$temporary/error" >"$temporary/targets" ||
    because "apt's sources: $(said)"
  sort -u "$temporary/targets" |
    sed -E 's/^(stable|oldstable|oldoldstable|testing|unstable|sid|bookworm|trixie|forky|duke)(-updates|-backports)? /1 /
      t
      s/^[^ ]* /2 /' | sort -s -k 1,1 | while read -r rank url; do
    url=${url%/}
    case $url in
    mirror+file:*) list=${url#mirror+file:} ;;
    mirror:* | mirror+*)
      case $url in mirror:*) list=http:${url#mirror:} ;; *) list=${url#mirror+} ;; esac
      by_apt "$list" '' "$temporary/list" || { because "$url: $(said)"; continue; }
      list=$temporary/list
      ;;
    *) echo "$rank $url"; continue ;;
    esac
    [ -r "$list" ] || { because "$url: $list cannot be read"; continue; }
    sed -n "s,^\([a-z+]*:/[^[:space:]]*\).*,$rank \1,p" "$list"
  done | sed 's,/$,,' | awk '!seen[$2]++'
}

# Debian's archive of libuv differs from upstream's in the name of its folder alone.
take_orig() { # FILE WRAP WHENCE
  hash=$(field "$2" source_hash)
  if has_hash "$1" "$(field "$2" debian_hash)"; then
    orig=$(field "$2" debian_pool)
    orig=${orig##*/}
    orig=${orig%%.orig.*}
    gzip -dc "$1" | "$here/rename-folder.pl" "${orig%_*}-${orig#*_}/" "$(field "$2" directory)/" | gzip -cn >"$temporary/renamed"
    has_hash "$temporary/renamed" "$hash" || { because "$2: renaming its folder gave another hash"; return 1; }
    keep "$temporary/renamed" "$2" "$3"
  else has_hash "$1" "$hash" && keep "$1" "$2" "$3"
  fi
}

from_pool() {
  mirrors >"$temporary/mirrors"
  : >"$temporary/answering"
  [ -s "$temporary/mirrors" ] || because "no Debian mirror in this machine's apt sources"
  while read -r rank mirror; do
    left=$(missing)
    [ -n "$left" ] || return 0
    say "asking ${mirror##*@} for $left"
    for w in $left; do
      hash=$(field "$w" debian_hash) code=0
      get "$mirror/pool/main/$(field "$w" debian_pool)" "${hash:-$(field "$w" source_hash)}" "$temporary/orig" </dev/null || code=$?
      [ "$code" -eq 2 ] || echo "$rank $mirror" >>"$temporary/answering"
      [ "$code" -ne 0 ] || take_orig "$temporary/orig" "$w" "Debian's pool" || continue
      [ "$code" -eq 0 ] || because "$w: $mirror: $(said)"
      [ "$code" -ne 2 ] || break # the others would wait as long
    done
  done <"$temporary/mirrors"
}

apt() { # apt-get, with lists and caches of its own.  A mirror that lags is as good as another: the hashes decide.
  patient apt-get -q -o "Dir::Etc::sourcelist=$temporary/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o "Dir::State::lists=$temporary/lists" -o "Dir::Cache=$temporary/cache" -o APT::Sandbox::User=root \
    -o Acquire::Check-Valid-Until=false -o Acquire::Retries=0 -o "Acquire::http::Timeout=$patience" \
    -o "Acquire::https::Timeout=$patience" "$@" >"$temporary/apt.out" 2>"$temporary/error"
}
apt_lists() {
  [ -d "$temporary/lists" ] && return 0
  url=$(sed -n 's/^1 //p' "$temporary/answering" | head -n 1)
  [ -n "$url" ] || return 1
  mkdir -p "$temporary/lists/partial" "$temporary/cache/archives/partial" "$temporary/dl"
  key=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -r "$key" ] && key=" [signed-by=$key]" || key=
  for suite in trixie sid; do
    echo "deb-src$key $url $suite main"
  done >"$temporary/sources.list"
  say "reading the lists of Debian's source packages (23 MB)"
  apt update || { because "apt-get update: $(said)"; say "going on with the lists that could be read"; }
}
from_debian() {
  apt_lists || return 0
  for w in $(missing); do
    rm -f "$temporary"/dl/*
    name=$(field "$w" debian_pool)
    name=${name%/*}
    name=${name##*/}
    (cd "$temporary/dl" && apt source --download-only --only-source "$name/$(field "$w" debian_suite)") ||
      because "$w: apt-get source $name: $(said)"
    # The archive may have come although another of the package's files did not.
    for f in "$temporary"/dl/*.orig.tar.*; do
      [ -f "$f" ] || continue
      take_orig "$f" "$w" "Debian's source package" && continue 2
      because "$w: Debian has another: ${f##*/}"
      case $w/${f##*/} in mbedtls/mbedtls_3.6.*.orig.tar.bz2) mv "$f" "$temporary/" ;; esac
    done
  done
}

# -- upstream -----------------------------------------------------------------------------------
from_upstream() {
  for w in $(missing); do
    url=$(field "$w" source_url)
    say "asking upstream for $w"
    get "$url" "$(field "$w" source_hash)" "$temporary/upstream" || { because "$w: $url: $(said)"; continue; }
    keep "$temporary/upstream" "$w" upstream
  done
}

# -- what meson has unpacked already -------------------------------------------------------------
refresh_overlays() {
  for w in cjson curl libuv llhttp mbedtls $pins; do
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
    echo "${v%.orig.tar.bz2} $(sha256sum <"$f" | cut -c1-64)"
    return 0
  done
}
take_newer() { # VERSION HASH
  old=$(version mbedtls)
  sed -i -e "s/$old/$1/g" -e "s/^source_hash = .*/source_hash = $2/" "$here/mbedtls.wrap"
  keep "$temporary/mbedtls_$1.orig.tar.bz2" mbedtls "Debian's source package"
  say "mbedtls.wrap now names $1 (was $old): look at it and commit"
}
tell_newer() { # VERSION HASH
  say "mbedTLS $(version mbedtls) is gone; Debian has $1. fetch.sh --take-newer-mbedtls takes it: in mbedtls.wrap the version" \
    "in every line, and source_hash = $2"
}
seek() {
  [ -z "$(missing)" ] || from_pool
  [ -z "$(missing)" ] || from_debian
  [ -z "$(missing)" ] || from_upstream
}

free=$(df -Pk "$cache" 2>/dev/null | awk 'NR == 2 {print $4}')
[ -z "$(missing)" ] || [ "${free:-20480}" -ge 20480 ] || { say "$cache: $free kB free on its disk, 20480 are needed" >&2; exit 1; }
[ -z "$(missing)" ] || [ -z "${RUNLET_SOURCES:-}" ] || from_folder
seek
if [ "$(missing)" = "mbedtls " ]; then
  newer=$(newer_mbedtls) || newer=
  # shellcheck disable=SC2086 # two words
  if [ -n "$newer" ] && [ "$newer_is_welcome" = yes ]; then take_newer $newer
  elif [ -n "$newer" ]; then tell_newer $newer
  fi
  for p in $pins; do
    [ -n "$(missing)" ] || break
    say "mbedTLS $(version mbedtls) is not to be had; trying $(version "$p")"
    wanted=$p
    seek
    wanted=mbedtls
  done
fi
left=$(missing)
[ -z "$left" ] || {
  say "not to be had: $left" >&2
  sed 's/^/  /' "$temporary/reasons" >&2
  exit 1
}
refresh_overlays
if p=$(pin); then
  [ "$(cat "$cache/mbedtls.pin" 2>/dev/null)" = "$p" ] || echo "$p" >"$cache/mbedtls.pin"
  [ "$p" = mbedtls ] || say "mbedTLS is $(version "$p"), which lacks what $(version mbedtls) mended; to try for that again: rm $(archive "$p")"
fi
say "all sources are there"
