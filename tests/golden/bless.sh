#!/bin/sh
# Writes tests/golden/*/*/out.ndjson anew from what the code does now.  Read the diff after it.
# usage: bless.sh [PATH_OF_test_golden]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
program=${1:-$(find "$here/../../build" -type f -name test_golden -perm -u+x 2>/dev/null | head -n 1)}
[ -n "$program" ] || { echo "bless.sh: build first, or name the test_golden program" >&2; exit 2; }
RUNLET_GOLDEN="$here" RUNLET_BLESS=1 "$program"
