#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""format.py ROOT: our C files are as clang-format 14 writes them, Debian 12's, and their comments fit.

Newer ones (Debian 13 has 19) agree with it but for braces in a #define: there they are not asked.

clang-format is told not to reflow comments, so what it would not say is checked here: no line is longer than 90
columns, a banner is /* -- name -- */ on one line, a comment behind code ends on its line, the end of a comment does not
stand alone, no paragraph of a comment is ragged, and no declaration is broken over two lines only to make place for the
comment behind it (put the comment above)."""
import pathlib
import re
import shutil
import subprocess
import sys

COLUMNS = 90
RAGGED = 25  # columns that a line of a paragraph may leave empty although the next word has room there
BANNER = re.compile(r"\s*/\* -- [^-\s](.*[^-\s])? -- \*/$")
HEAD = re.compile(r"\s*(}\s*)?(if|else|for|while|do|switch|case|default)\b")  # what follows stands on a line of its own
TRAILING = re.compile(r"^(?P<code>\s*\S.*?)\s*/\*.*$")


def complaints(text):
    lines = text.split("\n")
    inside = False  # of a comment that began on an earlier line
    for number, line in enumerate(lines, 1):
        if len(line) > COLUMNS and '"' not in line:
            yield number, f"has {len(line)} columns, {COLUMNS} at most"
        if line.strip() == "*/":
            yield number, "the end of a comment stands alone"
        if re.match(r"\s*/\* -- ", line) and not BANNER.match(line):
            yield number, "a banner is /* -- name -- */, on one line"
        if not inside and is_spilled(line):
            yield number, "the comment behind the code goes over several lines"
        trailing = None if inside else TRAILING.match(line)
        if trailing and not line.lstrip().startswith("/*") and number > 1 and is_split(lines[number - 2], trailing):
            yield number, "the declaration is broken for the comment behind it"
        if inside and is_ragged(line, lines[number - 2]):
            yield number - 1, "the line breaks early, the next word has room on it"
        inside = ends_inside(line, inside)


def is_ragged(line, before):
    """Does this line of a comment begin with a word that belongs onto the line before?  Tables and lists are left alone:
    what is indented, or begins behind a line that ends with a colon."""
    begun = re.match(r"\s*/?\*+ (\S.*)$", before)
    goes_on = re.match(r"\s*\*? ?(\S+)", line)
    indented = re.match(r"\s*\*(  |\t)", line) or re.search(r"[^.!?:;]  ", begun[1] if begun else "")
    if not begun or not goes_on or indented or before.rstrip().endswith(":") or re.match(r"[-/*]", goes_on[1]):
        return False
    return len(before.rstrip()) + 1 + len(goes_on[1]) <= COLUMNS - RAGGED


def is_spilled(line):
    """Does a comment begin behind code and not end on its line?"""
    plain = re.sub(r'"(\\.|[^"\\])*"', '""', line)
    begin = plain.rfind("/*")
    return begin > 0 and plain[:begin].strip() != "" and "*/" not in plain[begin:]


def is_split(before, trailing):
    """Does this line go on from the one before, with which it would fit into one?"""
    before = before.rstrip()
    if not before.strip() or HEAD.match(before) or before.endswith((";", "{", "}", ",", ":", "*/", "\\")) or before.lstrip().startswith(("#", "/*", "*")):
        return False
    return len(before) + 1 + len(trailing["code"].strip()) <= COLUMNS


def ends_inside(line, inside):
    for mark in re.findall(r"/\*|\*/", line):
        inside = mark == "/*"
    return inside


def in_macro(file, number):
    lines = pathlib.Path(file).read_text().split("\n")
    at = number - 1
    while at > 0 and lines[at - 1].endswith("\\"):
        at -= 1
    return lines[at].lstrip().startswith("#define")


def misformatted(files):
    """What clang-format says, as it says it."""
    if not shutil.which("clang-format"):
        sys.exit("clang-format is not installed: apt-get install clang-format")
    version = subprocess.run(["clang-format", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    major = int(re.search(r"version (\d+)", version)[1])
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *map(str, files)], stderr=subprocess.PIPE, text=True)
    if done.returncode and "error:" not in done.stderr:
        sys.exit(done.stderr)
    said = re.finditer(r"^(.+):(\d+):\d+: error: .*\n.*\n.*", done.stderr, re.M)
    return [m[0] for m in said if major == 14 or not in_macro(m[1], int(m[2]))]


def main():
    root = pathlib.Path(sys.argv[1])
    files = sorted(p for pattern in ("src/**/*.[ch]", "include/**/*.h", "tests/**/*.[ch]")
                   for p in root.glob(pattern) if "/node_modules/" not in str(p))
    wrong = [f"{path}:{number}: {words}" for path in files for number, words in complaints(path.read_text())]
    wrong += misformatted(files)
    print("\n".join(wrong) or f"{len(files)} files, every comment fits")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
