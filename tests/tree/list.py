#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""list.py ROOT src|unit|fuzz: the sources, one a line, for meson: a new file needs no list.

Paths are as the meson.build that asks wants them: those of src from src/, those of tests from tests/."""
import pathlib
import sys

root, pattern = {
    "src": ("src", "*/**/*.c"),
    "unit": ("tests", "unit/*/test_*.c"),
    "fuzz": ("tests", "fuzz/fuzz_*.c"),
}[sys.argv[2]]
folder = pathlib.Path(sys.argv[1]) / root
for path in sorted(folder.glob(pattern)):
    print(path.relative_to(folder))
