"""Runs localstripe for tests: on a free port of this machine only, and without the file it keeps below /tmp."""
import socket

from aiohttp import web
from localstripe import resources
from localstripe.server import app

resources.Store.dump_to_disk = lambda self: None
listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
listener.bind(("127.0.0.1", 0))
print(f"localstripe ready on {listener.getsockname()[1]}", flush=True)
web.run_app(app, sock=listener, access_log=None, print=None)
