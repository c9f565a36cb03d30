#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""mates.py ROOT: what belongs together is together.

Every src/<room>/…/<file>.c has its header (in include/, or beside it when it is private) and its unit test
tests/unit/<room>/test_<file>.c; no two files share a name; every fuzz target has a source file of its name and a
corpus, every corpus a target.

What is a row of a table needs no header, for the table declares it: an agent, a format, a tool executor, a door.  The
mate of an agent's main file may be the transcripts of tests/golden/<id> alone, the id with - for _."""
import pathlib
import re
import sys

ROWS = re.compile(r"^(agent/(\w+)/\2|event/format_\w+|tool/tool_\w+|door/(\w+/)?\w+_door)\.c$")

root = pathlib.Path(sys.argv[1])
wrong = []
sources = sorted(root.glob("src/*/**/*.c"))
names = {}

for path in sources:
    inside = path.relative_to(root / "src")
    room, name, file = inside.parts[0], path.stem, str(path.relative_to(root))
    if name in names:
        wrong.append(f"{file} has the name of {names[name]}")
    names[name] = file
    is_agent = inside.parts == ("agent", name, f"{name}.c")
    golden = root / "tests/golden" / name.replace("_", "-")
    replayed = is_agent and any(golden.glob("*/in.ndjson"))
    if not replayed and not (root / "tests/unit" / room / f"test_{name}.c").exists():
        wrong.append(f"{file} has no tests/unit/{room}/test_{name}.c" + (f" and no {golden.relative_to(root)}" if is_agent else ""))
    if not ROWS.match(str(inside)) and not (root / "include" / inside.with_suffix(".h")).exists() and not path.with_suffix(".h").exists():
        wrong.append(f"{file} has no header")
targets = {path.stem[len("fuzz_"):] for path in root.glob("tests/fuzz/fuzz_*.c")}
for name in sorted(targets):
    if name not in names:
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
