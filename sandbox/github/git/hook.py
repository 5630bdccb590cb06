"""What git runs before and after it updates refs: asks the server that started the push, and obeys.

A program of its own, run in isolated mode: it imports nothing of ours. The question and the answer are one line of
JSON each, over the socket that the push was started with. No answer means no.
"""

import json
import os
import socket
import sys

OBJECTS = ("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")
"""Where git keeps the push's own objects until they are accepted, and all others."""


def main(hook: str) -> int:
    """Ask; the exit status is the verdict."""
    updates = [line.split(" ", 2) for line in sys.stdin.read().split("\n") if line]
    objects = {name: os.environ[name] for name in OBJECTS if name in os.environ}
    server = socket.socket(fileno=int(os.environ["SANDBOX_PUSH"]))
    with server, server.makefile("rw", encoding="utf-8") as stream:
        stream.write(json.dumps({"hook": hook, "updates": updates, "objects": objects}) + "\n")
        stream.flush()
        answer = json.loads(stream.readline() or '{"accept": false, "message": "error: the server went away"}')
    sys.stderr.write(answer["message"])
    return 0 if answer["accept"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
