"""Lambda's own runtime client in a process, and the Runtime API that it asks for its events."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

__all__ = ["PATIENCE", "Function", "Server"]

PATIENCE = 300  # seconds until a subprocess that does not answer fails the test


class Server(ThreadingHTTPServer):
    """On a free port of loopback, in a thread, until the block ends."""

    daemon_threads = True

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.arrived: queue.Queue[Any] = queue.Queue()
        self.waiting: queue.Queue[Any] = queue.Queue()

    def __enter__(self) -> "Server":
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A function that was killed is what some tests are about: say nothing."""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class RuntimeApi(BaseHTTPRequestHandler):
    """docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html: next, response and error."""

    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        body = json.dumps(self.server.waiting.get()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")  # without it the client crashes
        self.send_header("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd")
        self.send_header("Lambda-Runtime-Deadline-Ms", "4102444800000")
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:::function:f")
        self._finish(body)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.arrived.put((self.path.rsplit("/", 1)[1], json.loads(body)))
        self.send_response(202)
        self._finish(b"")

    def _finish(self, body: bytes) -> None:
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Not among the tests' output."""


class Function:
    """A function's code in a process of its own, as Lambda starts it, with its Runtime API."""

    def __init__(
        self, task: Path, handler: str, environment: Mapping[str, str], python: str = sys.executable
    ) -> None:
        """`environment` is all that it knows of AWS; `python` has the runtime client."""
        self.api = Server(RuntimeApi).__enter__()
        inherited = {name: value for name, value in os.environ.items() if "AWS" not in name}
        self.process = subprocess.Popen(
            [python, "-m", "awslambdaric", handler],
            cwd=task,
            env=inherited
            | {"AWS_LAMBDA_RUNTIME_API": self.api.address, "PYTHONPATH": str(task)}
            | {"AWS_LAMBDA_FUNCTION_NAME": handler, "LAMBDA_TASK_ROOT": str(task)}
            | dict(environment),
            stdout=subprocess.PIPE,
            text=True,
        )
        threading.Thread(target=self._tell_its_end, daemon=True).start()

    def _tell_its_end(self) -> None:
        """So that a test hears of a crash at once."""
        self.api.arrived.put(("exit", self.process.wait()))

    def send(self, event: dict[str, Any]) -> None:
        self.api.waiting.put(event)

    def invoke(self, event: dict[str, Any]) -> dict[str, Any]:
        kind, answer = self.answer(event)
        assert kind == "response", answer
        result: dict[str, Any] = answer
        return result

    def answer(self, event: dict[str, Any]) -> tuple[str, Any]:
        """Send the event; return `response` or `error`, and what the function told Lambda."""
        self.send(event)
        answer: tuple[str, Any] = self.api.arrived.get(timeout=PATIENCE)
        return answer

    def kill(self) -> list[dict[str, Any]]:
        """SIGKILL; what it had logged until then."""
        self.process.kill()
        output, _ = self.process.communicate(timeout=PATIENCE)
        self.api.__exit__()
        return [json.loads(line) for line in output.splitlines() if line.startswith("{")]
