#!/bin/sh
# SPDX-License-Identifier: MIT
# commit.sh: the commit of these sources, "+" behind it if they were changed since; "unknown" without git.
cd "$(dirname "$0")/.." || exit 1
if [ -e .git ] && commit=$(git rev-parse --short=12 HEAD 2>/dev/null); then
  git diff --quiet HEAD -- 2>/dev/null || commit=$commit+
  echo "$commit"
else
  echo unknown
fi
