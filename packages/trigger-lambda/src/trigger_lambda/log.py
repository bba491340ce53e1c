"""Log lines as JSON, one object a line, which Lambda passes to CloudWatch as they are.

`timestamp`, `level` and `message` are the names that Lambda's own JSON format uses, so that its
level filter and a metric filter on `$.level` read ours as they read the runtime's.
"""

import json
import traceback
from dataclasses import dataclass
from typing import TextIO

from b3_contracts.errors import ContractError
from trigger_lambda.clock import Clock
from trigger_lambda.errors import TriggerError

__all__ = ["Log"]


@dataclass(frozen=True)
class Log:
    """Where lines go, the time they carry, and the invocation they belong to."""

    stream: TextIO
    now: Clock
    request_id: str

    def info(self, message: str, **fields: object) -> None:
        self._write("INFO", message, fields)

    def warning(self, message: str, **fields: object) -> None:
        self._write("WARN", message, fields)

    def error(self, message: str, error: Exception, **fields: object) -> None:
        """A failure, with its traceback where it was not foreseen or hides another."""
        told: dict[str, object] = {"error": type(error).__name__, "reason": str(error)}
        if error.__context__ or not isinstance(error, TriggerError | ContractError):
            told["trace"] = traceback.format_exception(error)
        self._write("ERROR", message, fields | told)

    def _write(self, level: str, message: str, fields: dict[str, object]) -> None:
        line = {
            "timestamp": self.now().isoformat(timespec="milliseconds"),
            "level": level,
            "message": message,
            "request_id": self.request_id,
            **fields,
        }
        self.stream.write(json.dumps(line, default=str) + "\n")
        self.stream.flush()
