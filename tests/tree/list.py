#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""list.py TESTS unit|fuzz: the test sources, one a line, for meson: a new test needs no list."""
import pathlib
import sys

tests = pathlib.Path(sys.argv[1])
pattern = {"unit": "unit/*/test_*.c", "fuzz": "fuzz/fuzz_*.c"}[sys.argv[2]]
for path in sorted(tests.glob(pattern)):
    print(path.relative_to(tests))
