#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""layers.py ROOT: arrows between rooms go down only, pure files stay pure, no files go in a circle (src/ROOMS.md).

A room is a folder of src and the folder of its name in include; main.c stands above all.  A file is pure when the
first comment of its header has a sentence "Pure."; such a file may include of base what neither asks the machine nor
writes, of the other rooms pure files only, of the system the C library's own headers, and no library that does I/O."""
import pathlib
import re
import sys

MAY = {  # base and the room itself for all
    "base": set(),
    "io": set(),
    "request": set(),
    "event": set(),
    "http": {"io"},
    "process": {"io"},
    "tool": {"request", "http", "process", "io"},
    "workspace": {"request", "http", "process", "io"},
    "telemetry": {"event", "request", "http", "io"},
    "agent": {"event", "request"},
    "bridge": {"tool", "request", "http", "io"},
    "run": {"agent", "bridge", "tool", "workspace", "telemetry", "event", "request", "http", "process", "io"},
    "service": {"run", "event", "request", "io"},
    "door": {"service", "run", "telemetry", "event", "request", "http", "process", "io"},
}
PURE_ROOMS = {"request", "event", "agent"}
# translate drives a harness without a run; it may see the harness table.
ALSO = {"src/door/translate_door.c": {"agent"}}
AGENTS_MAY = {"gemini": {"acp"}}  # folders of agent/ that see another agent's
IO_ROOMS = {"io", "http", "process"}
LIBRARY = re.compile(r"^(uv\.h|uv/.*|llhttp\.h|curl/.*|mbedtls/.*|psa/.*)$")
# What a pure file may include of the system: the language's own headers (stdio.h for snprintf), and names of types.
# No more is needed to make bytes of bytes; what is missing here (unistd.h, fcntl.h, time.h, …) talks to the machine.
PURE_SYSTEM = {"assert.h", "ctype.h", "errno.h", "inttypes.h", "limits.h", "math.h", "stdalign.h", "stdarg.h", "stdbool.h",
               "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h", "strings.h", "sys/types.h"}
# Files of base that ask the machine (the time, random bytes) or write (the log): a pure file needs a reason for them.
IMPURE_BASE = {"base/clock.h", "base/ids.h", "base/log.h"}
PURE_BUT = {
    # timestamps of events come from the one clock, which tests and translate freeze
    ("src/event/event.c", "base/clock.h"), ("src/event/notices.c", "base/clock.h"),
    # a session's id must be one that nobody guesses; getrandom(2) has no state that a test could see
    ("src/bridge/sessions.c", "base/ids.h"),
    # log_redact(): what is secret, the log knows; it only reads there
    ("src/run/report.c", "base/log.h"),
}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)
FIRST_COMMENTS = re.compile(r"\A(\s*/\*.*?\*/)+", re.S)


class House:
    def __init__(self, root):
        self.root = root
        self.files = sorted([*root.glob("src/*/**/*.[ch]"), *root.glob("include/*/**/*.h")])
        self.text = {path: path.read_text() for path in self.files}
        self.wrong = []

    def name(self, path):
        return str(path.relative_to(self.root))

    def inside(self, path):
        """room/…/file.h, whether it stands in src or in include."""
        return path.relative_to(self.root / path.relative_to(self.root).parts[0])

    def resolve(self, path, header):
        """The file of ours that an include means; None: it is not ours."""
        for candidate in (path.parent / header, self.root / "include" / header, self.root / "src" / header):
            if candidate in self.text:
                return candidate
        return None

    def is_pure(self, path):
        if self.inside(path).parts[0] in PURE_ROOMS:
            return True
        header = self.header_of(path)
        comment = FIRST_COMMENTS.match(self.text[header]) if header else None
        return bool(comment and re.search(r"\bPure\b(?! but)", comment[0]))

    def header_of(self, path):
        if path.suffix == ".h":
            return path
        public = self.root / "include" / self.inside(path).with_suffix(".h")
        return next((h for h in (path.with_suffix(".h"), public) if h in self.text), None)

    def check_include(self, path, header):
        name, room = self.name(path), self.inside(path).parts[0]
        target = self.resolve(path, header)
        if ".." in header.split("/"):
            self.wrong.append(f"{name}: {header} leaves its folder; write room/file.h")
        elif header.lower().endswith("cjson.h") and name != "src/base/json.c":
            self.wrong.append(f"{name}: only base/json.c may include {header}")
        elif LIBRARY.match(header):
            self.check_library(path, header)
        elif target is None and header.split("/")[0] in MAY and "/" in header:
            self.wrong.append(f"{name}: there is no {header}")
        elif target is None:
            if self.is_pure(path) and header not in PURE_SYSTEM:
                self.wrong.append(f"{name}: is pure and may not include {header}")
        elif str(self.inside(target)) in IMPURE_BASE and self.is_pure(path) and (name, header) not in PURE_BUT:
            self.wrong.append(f"{name}: is pure and may not include {header} (PURE_BUT names who may, and why)")
        else:
            self.check_arrow(path, header, target, {room, "base"} | MAY[room] | ALSO.get(name, set()))

    def check_library(self, path, header):
        name, room = self.name(path), self.inside(path).parts[0]
        if room not in IO_ROOMS:
            self.wrong.append(f"{name}: only {', '.join(sorted(IO_ROOMS))} may include {header}")
        elif self.is_pure(path) and header != "llhttp.h":
            self.wrong.append(f"{name}: is pure and may not include {header}")

    def check_arrow(self, path, header, target, may):
        name, inside, goal = self.name(path), self.inside(path), self.inside(target)
        if goal.parts[0] not in may:
            self.wrong.append(f"{name}: {inside.parts[0]} may not include {goal}")
        elif goal.parts[0] != "base" and self.is_pure(path) and not self.is_pure(target):
            self.wrong.append(f"{name}: is pure and may not include {goal}")
        elif inside.parts[0] == "agent" and len(inside.parts) == 3 and len(goal.parts) == 3:
            if goal.parts[1] not in {inside.parts[1]} | AGENTS_MAY.get(inside.parts[1], set()):
                self.wrong.append(f"{name}: one agent may not include another's {goal}")
        elif target.is_relative_to(self.root / "src") and goal.parts[0] != inside.parts[0]:
            self.wrong.append(f"{name}: {goal} is private to {goal.parts[0]}")
        elif target.is_relative_to(self.root / "src") and target.parent == path.parent and "/" in header:
            self.wrong.append(f"{name}: {header} stands in the same folder; write {target.name}")

    def check_circles(self):
        arrows = {}
        for path in self.files:
            unit = str(self.inside(path).with_suffix(""))
            goals = arrows.setdefault(unit, set())
            for header in INCLUDE.findall(self.text[path]):
                target = self.resolve(path, header)
                if target is not None:
                    goals.add(str(self.inside(target).with_suffix("")))
        for circle in circles(arrows):
            self.wrong.append("a circle of files: " + " -> ".join([*circle, circle[0]]))

    def check(self):
        for path in self.files:
            if self.inside(path).parts[0] not in MAY:
                self.wrong.append(f"{self.name(path)}: there is no such room")
                continue
            for header in INCLUDE.findall(self.text[path]):
                self.check_include(path, header)
        self.check_circles()
        if not self.files:
            self.wrong.append(f"{self.root} has no src/<room>/<file>.c")
        return self.wrong


def circles(arrows):
    """The groups of files that reach each other (Tarjan), each in the order of its arrows."""
    index, low, stack, found = {}, {}, [], []

    def visit(node):
        index[node] = low[node] = len(index)
        stack.append(node)
        for goal in sorted(arrows.get(node, ())):
            if goal == node:
                continue
            if goal not in index:
                visit(goal)
                low[node] = min(low[node], low[goal])
            elif goal in stack:
                low[node] = min(low[node], index[goal])
        if low[node] == index[node]:
            group = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(group) > 1:
                found.append(group)

    for node in sorted(arrows):
        if node not in index:
            visit(node)
    return found


if __name__ == "__main__":
    house = House(pathlib.Path(sys.argv[1]).resolve())
    wrong = house.check()
    print("\n".join(wrong) or f"{len(house.files)} files, every arrow goes down")
    sys.exit(1 if wrong else 0)
