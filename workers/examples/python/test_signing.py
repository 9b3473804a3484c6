"""Checks the vectors of docs/signing-vectors.json, the file that VECTORS names: python -m unittest test_signing."""
import json
import os
import unittest

from signing import NotSigned, Signing

with open(os.environ["VECTORS"], encoding="utf-8") as file:
    VECTORS = json.load(file)


class Vectors(unittest.TestCase):
    def setUp(self):
        self.signing = Signing([VECTORS["seed"]], [VECTORS["bridge"]])

    def test_each_is_as_it_says(self):
        for case in VECTORS["requests"]:
            with self.subTest(case["name"]):
                request = (case["subject"], case["headers"], case["body"].encode())
                if case["isGenuine"]:
                    self.signing.verify(*request)
                else:
                    self.assertRaises(NotSigned, self.signing.verify, *request)
        for case in VECTORS["replies"]:
            with self.subTest(case["name"]):
                headers = case["requestHeaders"]
                record = headers["X-Reply-To"] if case["isRecord"] else None
                body = case["body"].encode()
                signed = self.signing.reply(headers, case["contentType"], body, record, case["isRefusal"])
                self.assertEqual(signed, case["headers"])
        for case in VECTORS["withdrawals"]:
            self.assertEqual(self.signing.withdrawal(case["record"]), case["headers"])


if __name__ == "__main__":
    unittest.main()
