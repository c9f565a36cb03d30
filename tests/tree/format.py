#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""format.py ROOT: our C files are as clang-format writes them, and their comments fit.

clang-format is told not to reflow comments, so what it would not say is checked here: no line is longer than 90
columns, a banner stands on one line, the end of a comment does not stand alone, and no declaration is broken
over two lines only to make place for the comment behind it (put the comment above)."""
import pathlib
import re
import shutil
import subprocess
import sys

COLUMNS = 90
TRAILING = re.compile(r"^(?P<code>\s*\S.*?)\s*/\*.*$")


def complaints(text):
    lines = text.split("\n")
    inside = False  # of a comment that began on an earlier line
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS and '"' not in line:
            yield number, f"has {len(line)} columns, {COLUMNS} at most"
        if line.strip() == "*/":
            yield number, "the end of a comment stands alone"
        if re.match(r"\s*/\* --", line) and "*/" not in line:
            yield number, "a banner goes over two lines"
        trailing = None if inside else TRAILING.match(line)
        if trailing and not line.lstrip().startswith("/*") and number > 1 and is_split(lines[number - 2], trailing):
            yield number, "the declaration is broken for the comment behind it"
        inside = ends_inside(line, inside)


def is_split(before, trailing):
    """Does this line go on from the one before, with which it would fit into one?"""
    before = before.rstrip()
    if not before.strip() or before.endswith((";", "{", "}", ",", ":", "*/", "\\")) or before.lstrip().startswith(("#", "/*", "*")):
        return False
    return len(before) + 1 + len(trailing["code"].strip()) <= COLUMNS


def ends_inside(line, inside):
    for mark in re.findall(r"/\*|\*/", line):
        inside = mark == "/*"
    return inside


def main():
    root = pathlib.Path(sys.argv[1])
    files = sorted(p for pattern in ("src/**/*.[ch]", "include/**/*.h", "tests/**/*.[ch]")
                   for p in root.glob(pattern) if "/node_modules/" not in str(p))
    wrong = [f"{path}:{number}: {words}" for path in files for number, words in complaints(path.read_text())]
    print("\n".join(wrong) or f"{len(files)} files, every comment fits")
    if not shutil.which("clang-format"):
        sys.exit("clang-format is not installed: apt-get install clang-format")
    formatted = subprocess.run(["clang-format", "--dry-run", "-Werror", *map(str, files)]).returncode
    sys.exit(1 if wrong else formatted)


if __name__ == "__main__":
    main()
