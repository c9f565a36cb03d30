#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""layers.py ROOT: arrows between rooms go down only (src/ROOMS.md)."""
import pathlib
import re
import sys

MAY = {
    "base": {"base"},
    "io": {"io", "base"},
    "request": {"request", "base"},
    "event": {"event", "base"},
    "agent": {"agent", "event", "request", "base"},
    "bridge": {"bridge", "request", "io", "base"},
    "run": {"run", "agent", "bridge", "event", "request", "io", "base"},
    "door": {"door", "run", "event", "request", "io", "base"},
}
# translate drives a harness without a run; it may see the harness table.
ALSO = {"src/door/translate_door.c": {"agent"}}
ONLY_IO = re.compile(r"^(uv\.h|uv/.*|llhttp\.h|curl/.*|mbedtls/.*|psa/.*)$")
# Pure although in io or bridge: bytes in, bytes out.  Of io they see each other at most.
PURE = re.compile(r"^(src|include)/(io/(lines|sse|cgroup_text|peer_table)|bridge/mcp(_\w+)?)\.[ch]$")
PURE_IO = {"io/lines.h", "io/sse.h", "io/http_parse.h", "io/cgroup_text.h",
           "io/peer_table.h"}
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def main():
    root = pathlib.Path(sys.argv[1])
    wrong, seen = [], 0
    for path in sorted([*root.glob("src/*/*.[ch]"), *root.glob("include/*/*.h")]):
        name = str(path.relative_to(root))
        room = path.parent.name
        seen += 1
        for header in INCLUDE.findall(path.read_text()):
            target = header.split("/")[0]
            if ".." in header.split("/"):
                wrong.append(f"{name}: {header} leaves its folder; write room/file.h")
            if target in MAY and not (root / "include" / header).exists():
                wrong.append(f"{name}: there is no include/{header}")
            if target in MAY and "/" in header and target not in MAY[room] | ALSO.get(name, set()):
                wrong.append(f"{name}: {room} may not include {header}")
            if ONLY_IO.match(header) and (room != "io" or PURE.match(name)):
                wrong.append(f"{name}: only io's shell may include {header}")
            if PURE.match(name) and target == "io" and "/" in header and header not in PURE_IO:
                wrong.append(f"{name}: is pure and may not include {header}")
            if header.lower().endswith("cjson.h") and name != "src/base/json.c":
                wrong.append(f"{name}: only base/json.c may include {header}")
    print("\n".join(wrong) or f"{seen} files, every arrow goes down")
    sys.exit(1 if wrong or not seen else 0)


main()
