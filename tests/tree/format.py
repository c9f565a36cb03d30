#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""format.py ROOT: our C files are as clang-format writes them."""
import pathlib
import shutil
import subprocess
import sys

root = pathlib.Path(sys.argv[1])
files = sorted(str(p) for pattern in ("src/**/*.[ch]", "include/**/*.h", "tests/**/*.[ch]")
               for p in root.glob(pattern) if "/node_modules/" not in str(p))
if not shutil.which("clang-format"):
    sys.exit("clang-format is not installed: apt-get install clang-format")
sys.exit(subprocess.run(["clang-format", "--dry-run", "-Werror", *files]).returncode)
