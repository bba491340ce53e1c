"""What went wrong, named by what should happen next.

TriggerError
├── Later           deliver it again: another invocation holds the claim
├── Refused         tell a person: this message or object will never be right
└── Misconfigured   tell a person: the function's environment is not what it needs
"""

__all__ = ["Later", "Misconfigured", "Refused", "TriggerError"]


class TriggerError(Exception):
    """Any failure of this package that is neither AWS's nor a contract's."""


class Later(TriggerError):
    """Another invocation is at it; the same message may succeed after its visibility time-out."""


class Refused(TriggerError):
    """What came is not what was agreed; it ends in the dead-letter queue."""


class Misconfigured(TriggerError):
    """An environment variable is missing or cannot be read."""
