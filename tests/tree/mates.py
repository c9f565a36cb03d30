#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mates.py ROOT: every src/<room>/<file>.c has its header and its unit test, and no test is alone."""
import pathlib
import sys

root = pathlib.Path(sys.argv[1])
wrong = []
for path in sorted(root.glob("src/*/*.c")):
    room, name = path.parent.name, path.stem
    if not (root / "tests/unit" / room / f"test_{name}.c").exists():
        wrong.append(f"src/{room}/{name}.c has no tests/unit/{room}/test_{name}.c")
    if not (root / "include" / room / f"{name}.h").exists() and not path.with_suffix(".h").exists():
        wrong.append(f"src/{room}/{name}.c has no header")
for path in sorted(root.glob("tests/fuzz/fuzz_*.c")):
    if not any((root / "tests/fuzz/corpus" / path.stem[len("fuzz_"):]).glob("*")):
        wrong.append(f"{path.name} has no corpus")
print("\n".join(wrong) or "every file has its mate")
sys.exit(1 if wrong else 0)
