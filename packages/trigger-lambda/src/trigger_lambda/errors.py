"""Errors of the package, by what should happen next.

TriggerError
├── RetryLater      redeliver: another invocation holds the claim
├── Refused         alert a person: the message or object is invalid and stays so
└── Misconfigured   alert a person: an environment variable is missing or invalid
"""

__all__ = ["Misconfigured", "Refused", "RetryLater", "TriggerError"]


class TriggerError(Exception):
    """Base of this package's errors; AWS errors and contract errors are separate."""


class RetryLater(TriggerError):
    """Another invocation holds the claim; redelivery after the visibility timeout may succeed."""


class Refused(TriggerError):
    """The message or object breaks the agreed format; SQS moves it to the dead-letter queue."""


class Misconfigured(TriggerError):
    """An environment variable is missing or invalid."""
