"""The control socket, without the tool."""

import json
import socket

from lib.waiting import deadline_s


def ask(running, command, **members):
    """The daemon's answer; fails if it is an error."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as control:
        control.settimeout(deadline_s(30))
        control.connect(str(running.state / "control"))
        control.sendall(json.dumps({"protocol": 1, "command": command, **members}).encode() + b"\n")
        told = json.loads(b"".join(iter(lambda: control.recv(65536), b"")))
    assert told["ok"], told
    return told


def told_service(running, name="web-access"):
    """What `status` tells of a service."""
    return next(service for service in ask(running, "status")["services"]
                if service["name"] == name)
