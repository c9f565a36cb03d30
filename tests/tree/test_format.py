#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""test_format.py: format.py refuses what it is there to refuse, and lets the rest be."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from format import complaints  # noqa: E402


class Format(unittest.TestCase):
    def lets(self, text):
        self.assertEqual([], list(complaints(text)))

    def refuses(self, text, line, words):
        found = list(complaints(text))
        self.assertEqual(1, len(found), found)
        self.assertEqual(line, found[0][0])
        self.assertIn(words, found[0][1])

    def test_a_long_line_is_refused(self):
        self.refuses("int a; /* " + "x" * 90 + " */\n", 1, "90 at most")

    def test_a_long_line_with_a_string_is_let_be(self):
        self.lets('say("' + "x" * 90 + '");\n')

    def test_a_declaration_broken_for_its_comment_is_refused(self):
        self.refuses("void f(struct thing *t,\n       int n); /* why */\n".replace(",\n", "\n,"), 2, "is broken")

    def test_a_statement_below_its_if_may_have_a_comment_behind_it(self):
        self.lets("  if (n < 0)\n    return 1; /* why */\n")
        self.lets("  } else if (n < 0)\n    go(); /* why */\n")
        self.lets("  for (;;)\n    go(); /* why */\n")

    def test_a_comment_behind_code_that_goes_on_below_is_refused(self):
        self.refuses("int a; /* what it is,\n          and why */\n", 1, "several lines")
        self.lets('say("*/*"); /* once */\nsay("/*");\n')

    def test_a_banner_has_one_form(self):
        self.lets("/* -- the end -- */\n")
        self.refuses("/* -- the end ------------ */\n", 1, "a banner is")
        self.refuses("/* -- the end of all that is in this file and of whatever else is read from here on\n * down -- */\n", 1, "a banner is")
        self.lets("/* --help is no banner. */\n")

    def test_a_ragged_paragraph_is_refused(self):
        self.refuses("/* Bytes that are written within one turn.  A\n * writer that has nothing to write stays. */\n", 1,
                     "breaks early")

    def test_a_paragraph_that_fills_its_lines_is_let_be(self):
        self.lets("/* " + "word " * 17 + "\n * and on. */\n")

    def test_the_end_of_a_paragraph_is_let_be(self):
        self.lets("/* Short.\n *\n * Another paragraph. */\n")

    def test_a_table_in_a_comment_is_let_be(self):
        self.lets("/* What comes:\n *\n *   one      two\n *   three    four\n * and so on. */\n")


if __name__ == "__main__":
    unittest.main()
