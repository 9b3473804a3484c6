"""Starts a bridge and this worker, and lets the conformance kit say whether the worker keeps the contract."""
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

CLI = os.environ.get("NATS_BRIDGE_CLI", "npx --package @nats-bridge/cli nats-bridge").split()


def stop(program):
    """npx does not pass signals on: the whole group is told."""
    try:
        os.killpg(program.pid, signal.SIGTERM)
    except ProcessLookupError:
        pass  # it has ended by itself
    program.stdout.read()  # until all of it has ended
    program.stdout.close()
    program.wait()


class Conformance(unittest.TestCase):
    def start(self, command, env, pattern):
        """Starts a program and gives what the pattern finds in what it prints."""
        program = subprocess.Popen(
            command,
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.addCleanup(stop, program)
        printed = ""
        for line in program.stdout:
            printed += line
            if found := re.search(pattern, printed, re.DOTALL):
                return found
        self.fail(f"{command} ended: {printed}")

    def test_the_worker_keeps_the_contract(self):
        data = tempfile.mkdtemp(prefix="my-worker-nats-")
        bridge = [*CLI, "up", "--no-sandbox", "--data", data]
        url = self.start(bridge, {"NO_COLOR": "1"}, r"NATS +(nats:\S+).*Ready")[1]
        self.start([sys.executable, "disciplined_worker.py"], {"NATS_URL": url}, "started")
        question = ["conformance", "--operation", "authorize", "--nats", url, "--timeout", "20000", "--json"]
        kit = subprocess.run([*CLI, *question], stdout=subprocess.PIPE, text=True, timeout=300)
        self.assertEqual(kit.returncode, 0, kit.stdout)


if __name__ == "__main__":
    unittest.main()
