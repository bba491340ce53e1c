"""Structured logging: one JSON object per line, which Lambda forwards to CloudWatch unchanged.

The names `timestamp`, `level` and `message` are those of Lambda's JSON log format, so its level
filter and metric filters on `$.level` apply to these lines as well.
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
    """JSON log of one invocation."""

    stream: TextIO
    now: Clock
    request_id: str

    def info(self, message: str, **fields: object) -> None:
        self._write("INFO", message, fields)

    def warning(self, message: str, **fields: object) -> None:
        self._write("WARN", message, fields)

    def error(self, message: str, error: Exception, **fields: object) -> None:
        """Log a failure, with a traceback if it is unexpected or has a context."""
        details: dict[str, object] = {"error": type(error).__name__, "reason": str(error)}
        if error.__context__ or not isinstance(error, TriggerError | ContractError):
            details["trace"] = traceback.format_exception(error)
        self._write("ERROR", message, fields | details)

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
