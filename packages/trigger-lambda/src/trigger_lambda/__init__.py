"""Two handlers for AWS Lambda: `trigger.handle` wakes the Glue job, `watch.handle` misses sessions.

Standard library, boto3 and the light modules of b3-contracts alone, so that a cold start is
short and the ZIP small. No client is made, and no variable read, before something is handled.
"""

__version__ = "0.1.0"
__all__ = ["__version__"]
