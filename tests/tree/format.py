#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""format.py ROOT: our C files are as clang-format 14 writes them, Debian 12's.

Newer ones (Debian 13 has 19) agree with it but for braces in a #define: there they are not asked."""
import pathlib
import re
import shutil
import subprocess
import sys

root = pathlib.Path(sys.argv[1])
files = sorted(str(p) for pattern in ("src/**/*.[ch]", "include/**/*.h", "tests/**/*.[ch]")
               for p in root.glob(pattern) if "/node_modules/" not in str(p))
if not shutil.which("clang-format"):
    sys.exit("clang-format is not installed: apt-get install clang-format")
version = subprocess.run(["clang-format", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
major = int(re.search(r"version (\d+)", version)[1])
done = subprocess.run(["clang-format", "--dry-run", "-Werror", *files], stderr=subprocess.PIPE, text=True)


def in_macro(file, number):
    lines = pathlib.Path(file).read_text().split("\n")
    at = number - 1
    while at > 0 and lines[at - 1].endswith("\\"):
        at -= 1
    return lines[at].lstrip().startswith("#define")


wrong = [m for m in re.finditer(r"^(.+):(\d+):\d+: error: .*\n.*\n.*", done.stderr, re.M)
         if major == 14 or not in_macro(m[1], int(m[2]))]
print("\n".join(m[0] for m in wrong) or f"{len(files)} files, by clang-format {major}")
sys.exit(1 if wrong or (done.returncode and "error:" not in done.stderr) else 0)
