#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mates.py ROOT: what belongs together is together.

Every src/<room>/<file>.c has its header and its unit test and is built; every fuzz target has a source file of its
name and a corpus, every corpus a target."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
wrong = []
sources = sorted(root.glob("src/*/*.c"))
rooms = re.findall(r"^  '(\w+)': \[(.*?)\]", (root / "src/meson.build").read_text(), re.M | re.S)
built = {f"src/{room}/{name}.c" for room, names in rooms for name in re.findall(r"'(\w+)'", names)}

for path in sources:
    room, name, file = path.parent.name, path.stem, str(path.relative_to(root))
    if not (root / "tests/unit" / room / f"test_{name}.c").exists():
        wrong.append(f"{file} has no tests/unit/{room}/test_{name}.c")
    if not (root / "include" / room / f"{name}.h").exists() and not path.with_suffix(".h").exists():
        wrong.append(f"{file} has no header")
    if file not in built:
        wrong.append(f"{file} is not in src/meson.build")
targets = {path.stem[len("fuzz_"):] for path in root.glob("tests/fuzz/fuzz_*.c")}
for name in sorted(targets):
    if not any(path.stem == name for path in sources):
        wrong.append(f"tests/fuzz/fuzz_{name}.c: there is no source file {name}.c")
    if not any((root / "tests/fuzz/corpus" / name).glob("*")):
        wrong.append(f"tests/fuzz/fuzz_{name}.c has no corpus")
for folder in sorted(root.glob("tests/fuzz/corpus/*")):
    if folder.name not in targets:
        wrong.append(f"tests/fuzz/corpus/{folder.name} has no target")
if not sources:
    wrong.append(f"{root} has no src/<room>/<file>.c")
print("\n".join(wrong) or f"{len(sources)} files, each has its mates")
sys.exit(1 if wrong else 0)
