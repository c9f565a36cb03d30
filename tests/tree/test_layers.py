#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_layers.py: layers.py refuses what it is there to refuse.  Each case is a small house made for it."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from layers import House  # noqa: E402

PURE = "/* SPDX */\n/* {0}.h - words.  Pure.  */\n"
PLAIN = "/* SPDX */\n/* {0}.h - words.  */\n"


class Layers(unittest.TestCase):
    def wrong(self, files):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return House(root).check()

    def refuses(self, files, words):
        wrong = self.wrong(files)
        self.assertEqual(len(wrong), 1, wrong)
        self.assertIn(words, wrong[0])

    def test_a_house_in_order_is_let_be(self):
        self.assertEqual([], self.wrong({
            "include/base/buf.h": PLAIN.format("buf"),
            "include/io/lines.h": PURE.format("lines") + '#include "base/buf.h"\n',
            "src/io/lines.c": '#include "io/lines.h"\n#include <string.h>\n',
            "src/run/run.c": '#include "io/lines.h"\n'}))

    def test_an_upward_include_is_refused(self):
        self.refuses({"include/run/run.h": PLAIN.format("run"), "src/io/loop.c": '#include "run/run.h"\n'},
                     "src/io/loop.c: io may not include run/run.h")

    def test_an_upward_include_in_a_private_header_is_refused(self):
        self.refuses({"include/run/run.h": PLAIN.format("run"), "src/http/curl_loop.h": '#include "run/run.h"\n'},
                     "src/http/curl_loop.h: http may not include run/run.h")

    def test_rooms_on_one_level_do_not_know_each_other(self):
        self.refuses({"include/bridge/mcp.h": PLAIN.format("mcp"), "src/agent/x/x.c": '#include "bridge/mcp.h"\n'},
                     "agent may not include bridge/mcp.h")

    def test_a_door_sees_neither_bridge_nor_tool(self):
        self.refuses({"include/tool/tool_call.h": PLAIN.format("tool_call"),
                      "src/door/http/x.c": '#include "tool/tool_call.h"\n'}, "door may not include tool/tool_call.h")

    def test_a_pure_file_may_not_include_a_library_that_does_io(self):
        self.refuses({"include/io/lines.h": PURE.format("lines"), "src/io/lines.c": "#include <uv.h>\n"},
                     "src/io/lines.c: is pure and may not include uv.h")

    def test_a_pure_file_may_not_include_a_system_header_that_does_io(self):
        for header in ("unistd.h", "fcntl.h", "poll.h", "signal.h", "time.h", "sys/socket.h", "sys/stat.h", "netinet/in.h"):
            with self.subTest(header):
                self.refuses({"include/io/lines.h": PURE.format("lines"), "src/io/lines.c": f"#include <{header}>\n"},
                             f"src/io/lines.c: is pure and may not include {header}")

    def test_a_pure_header_may_not_include_a_system_header_that_does_io(self):
        self.refuses({"src/bridge/mcp.h": PURE.format("mcp") + "#include <sys/ioctl.h>\n"},
                     "src/bridge/mcp.h: is pure and may not include sys/ioctl.h")

    def test_a_pure_room_may_not_include_a_system_header_that_does_io(self):
        self.refuses({"src/agent/codex/codex.c": "#include <unistd.h>\n"}, "is pure and may not include unistd.h")

    def test_a_pure_file_may_include_the_language_s_own_headers(self):
        self.assertEqual([], self.wrong({
            "include/io/lines.h": PURE.format("lines") + "#include <sys/types.h>\n",
            "src/io/lines.c": "#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n",
            "src/io/loop.c": "#include <unistd.h>\n"}))

    def test_a_pure_file_may_not_ask_the_machine_by_way_of_base(self):
        for header in ("base/clock.h", "base/ids.h", "base/log.h"):
            with self.subTest(header):
                self.refuses({f"include/{header}": PLAIN.format("x"), "src/agent/codex/codex.c": f'#include "{header}"\n'},
                             f"src/agent/codex/codex.c: is pure and may not include {header}")

    def test_who_may_all_the_same_is_named(self):
        self.assertEqual([], self.wrong({"include/base/clock.h": PLAIN.format("clock"),
                                         "src/event/event.c": '#include "base/clock.h"\n'}))

    def test_a_pure_file_may_not_include_an_impure_one(self):
        self.refuses({"include/io/loop.h": PLAIN.format("loop"),
                      "include/io/lines.h": PURE.format("lines") + '#include "io/loop.h"\n'},
                     "include/io/lines.h: is pure and may not include io/loop.h")

    def test_a_private_header_can_be_pure_too(self):
        self.refuses({"include/io/loop.h": PLAIN.format("loop"), "src/http/frame.h": PURE.format("frame"),
                      "src/http/frame.c": '#include "frame.h"\n#include "io/loop.h"\n'},
                     "src/http/frame.c: is pure and may not include io/loop.h")

    def test_the_pure_rooms_need_no_word(self):
        self.refuses({"src/event/event.c": "#include <uv.h>\n"}, "src/event/event.c: only")

    def test_a_circle_of_files_is_refused(self):
        self.refuses({"include/io/a.h": PLAIN.format("a"), "include/io/b.h": PLAIN.format("b") + '#include "io/a.h"\n',
                      "src/io/a.c": '#include "io/a.h"\n#include "io/b.h"\n'}, "a circle of files: io/a -> io/b -> io/a")

    def test_a_circle_over_private_headers_is_refused(self):
        self.refuses({"src/http/a.h": '#include "b.h"\n', "src/http/b.h": "", "src/http/b.c": '#include "a.h"\n'},
                     "a circle of files: http/a -> http/b -> http/a")

    def test_one_agent_does_not_see_another(self):
        self.refuses({"src/agent/acp/acp.h": "", "src/agent/codex/codex.c": '#include "agent/acp/acp.h"\n'},
                     "one agent may not include another's agent/acp/acp.h")

    def test_gemini_may_see_acp(self):
        self.assertEqual([], self.wrong({"src/agent/acp/acp.h": "",
                                         "src/agent/gemini/gemini.c": '#include "agent/acp/acp.h"\n'}))

    def test_a_private_header_stays_in_its_room(self):
        self.refuses({"src/io/inner.h": "", "src/http/x.c": '#include "io/inner.h"\n'}, "io/inner.h is private to io")

    def test_a_private_header_of_the_same_folder_is_named_bare(self):
        self.refuses({"src/io/inner.h": "", "src/io/x.c": '#include "io/inner.h"\n'},
                     "src/io/x.c: io/inner.h stands in the same folder; write inner.h")
        self.assertEqual([], self.wrong({"src/io/inner.h": "", "src/io/x.c": '#include "inner.h"\n'}))

    def test_a_private_header_of_another_folder_of_the_room_has_its_path(self):
        self.assertEqual([], self.wrong({"src/agent/acp/acp.h": "", "src/agent/gemini/gemini.c": '#include "agent/acp/acp.h"\n'}))

    def test_cjson_stands_in_one_file(self):
        self.refuses({"src/request/x.c": "#include <cjson/cJSON.h>\n"}, "only base/json.c may include cjson/cJSON.h")

    def test_a_header_that_is_not_there_is_named(self):
        self.refuses({"src/run/x.c": '#include "io/nothing.h"\n'}, "there is no io/nothing.h")

    def test_a_room_that_nobody_planned_is_named(self):
        self.refuses({"src/attic/x.c": ""}, "there is no such room")

    def test_an_empty_house_is_no_house(self):
        self.assertEqual(1, len(self.wrong({})))


if __name__ == "__main__":
    unittest.main()
