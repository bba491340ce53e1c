"""AWS Lambda handlers: `trigger.handle` starts Glue runs, `watch.handle` reports late data.

`start_capture.handle` starts the capture where a schedule cannot.

Only the standard library, boto3 and the dependency-free modules of b3-contracts are imported,
which keeps the cold start short and the ZIP small. Clients and settings are created per
invocation, never at import.
"""

__version__ = "0.1.0"
__all__ = ["__version__"]
