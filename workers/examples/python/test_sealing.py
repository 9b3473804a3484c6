"""Opens the vectors of docs/sealing-vectors.json, the file that VECTORS names: python -m unittest test_sealing."""
import json
import os
import unittest

from sealing import Sealing

with open(os.environ["VECTORS"], encoding="utf-8") as file:
    VECTORS = json.load(file)


class Vectors(unittest.TestCase):
    def setUp(self):
        self.sealing = Sealing([VECTORS["seed"]], [VECTORS["sender"]])

    def opened(self, case):
        return self.sealing.open(case["subject"], case["headers"], case["body"].encode()).decode()

    def test_each_opens_or_not(self):
        for case in VECTORS["requests"]:
            with self.subTest(case["name"]):
                if "opens" in case:
                    self.assertEqual(self.opened(case), case["opens"])
                else:
                    self.assertRaises(ValueError, self.opened, case)


if __name__ == "__main__":
    unittest.main()
