#!/usr/bin/env python3
#
# Tests of what scripts/qapi-gen.py says about mistakes in a schema.
#
# SPDX-License-Identifier: GPL-2.0-or-later
import os
import subprocess
import sys
import tempfile
import unittest

GENERATOR = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                         "../../scripts/qapi-gen.py")


def generate(text):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "s.toml")
        with open(path, "w") as f:
            f.write(text)
        return subprocess.run([sys.executable, GENERATOR, "-o", folder, path],
                              capture_output=True, text=True)


class Mistakes(unittest.TestCase):
    def refused(self, text, message):
        done = generate(text)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(message, done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def test_unknown_type(self):
        self.refused("[struct.A.members]\nx = \"B\"\n", "unknown type 'B'")

    def test_twice(self):
        self.refused("[struct.A.members]\n[enum.A]\nvalues = []\n",
                     "type 'A' is defined twice")

    def test_command_without_doc(self):
        self.refused("[command.c]\n", "command 'c' has no doc")

    def test_union_without_tag(self):
        self.refused("[union.U]\ntag = \"t\"\nbranches = {}\n",
                     "its tag is not an enum member")

    def test_unknown_case(self):
        self.refused("[enum.E]\nvalues = [\"a\"]\n[struct.S.members]\n"
                     "[union.U]\ntag = \"t\"\nmembers = {t = \"E\"}\n"
                     "branches = {b = \"S\"}\n", "no such case 'b'")

    def test_unknown_table(self):
        self.refused("[thing.x]\n", "unknown table 'thing'")

    def test_bad_toml(self):
        self.refused("[[[", "qapi-gen:")

    def test_good(self):
        self.assertEqual(generate("[command.c]\ndoc = \"Does it.\"\n")
                         .returncode, 0)


if __name__ == "__main__":
    unittest.main()
