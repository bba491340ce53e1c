"""Calls that a role must not be able to make: what a mistake or a stolen credential would want."""

from collections.abc import Mapping

from applied import ACCOUNT, LAKE_BUCKET, REGION
from calls import Call

__all__ = ["DENIED_TO_EVERYBODY", "EVERY_ROLE", "FORBIDDEN", "ONCE", "PAYLOAD", "WAREHOUSE"]

LAKE = f"arn:aws:s3:::{LAKE_BUCKET}"
PAYLOAD = f"{LAKE}/raw/payload/{'a' * 64}.gz"
WAREHOUSE = f"{LAKE}/warehouse/position/data/a.parquet"
ONCE = (("s3:if-none-match", "*"),)

_GLUE = f"arn:aws:glue:{REGION}:{ACCOUNT}"
_TABLE = (f"{_GLUE}:catalog", f"{_GLUE}:database/bovespa", f"{_GLUE}:table/bovespa/position")
_CAPTURE_JOB, _REFINE_JOB = (f"{_GLUE}:job/bovespa-{name}" for name in ("capture", "refine"))
_QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:bovespa-manifests"
_TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:bovespa-alarms"
_LAMBDA = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:bovespa-trigger"
_ROLE = f"arn:aws:iam::{ACCOUNT}:role/bovespa-refine"

# The protection of raw/, and code or rights by which a role would reach further than its own.
EVERY_ROLE = (
    Call("glue:DeleteTable", _TABLE),
    Call("glue:UpdateJob", (_REFINE_JOB,)),
    Call("iam:PassRole", (_ROLE,)),
    Call("iam:PutRolePolicy", (_ROLE,)),
    Call("lambda:UpdateFunctionCode", (_LAMBDA,)),
    Call("s3:DeleteObject", (PAYLOAD,)),
    Call("s3:DeleteObjectVersion", (PAYLOAD,)),
    Call("s3:DeleteBucketPolicy", (LAKE,)),
    Call("s3:PutBucketPolicy", (LAKE,)),
    Call("s3:PutBucketVersioning", (LAKE,)),
    Call("s3:PutLifecycleConfiguration", (LAKE,)),
    Call("s3:PutObject", (f"{LAKE}-artifacts/jobs/refine_job.py",)),
)
FORBIDDEN: Mapping[str, tuple[Call, ...]] = {
    "capture": (
        Call("glue:StartJobRun", (_REFINE_JOB,)),
        Call("s3:GetObject", (WAREHOUSE,)),
        Call("s3:PutObject", (WAREHOUSE,)),
    ),
    "capture-schedule": (
        Call("glue:StartJobRun", (_REFINE_JOB,)),
        Call("s3:GetObject", (PAYLOAD,)),
    ),
    "github-capture": (
        Call("glue:StartJobRun", (_CAPTURE_JOB,)),
        Call("s3:GetObject", (WAREHOUSE,)),
        Call("s3:PutObject", (PAYLOAD,)),
        Call("s3:PutObject", (WAREHOUSE,), ONCE),
    ),
    "github-export": (
        Call("glue:UpdateTable", _TABLE),
        Call("s3:GetObject", (PAYLOAD,)),
        Call("s3:PutObject", (WAREHOUSE,)),
    ),
    "refine": (
        Call("glue:DeleteDatabase", _TABLE[:2]),
        Call("glue:StartJobRun", (_REFINE_JOB,)),
        Call("s3:PutObject", (PAYLOAD,), ONCE),
        Call("s3:PutObject", (f"{LAKE}/runs/a.json",)),
    ),
    "trigger": (
        Call("glue:StartJobRun", (_CAPTURE_JOB,)),
        Call("s3:GetObject", (PAYLOAD,)),
        Call("s3:PutObject", (PAYLOAD,), ONCE),
        Call("sqs:PurgeQueue", (_QUEUE,)),
        Call("sqs:SendMessage", (_QUEUE,)),
    ),
    "watch": (
        Call("s3:GetObject", (PAYLOAD,)),
        Call("s3:ListBucket", (LAKE,), (("s3:prefix", "warehouse/"),)),
        Call("sns:Subscribe", (_TOPIC,)),
    ),
}

# By the bucket's policy, whatever a principal's own policies allow.
DENIED_TO_EVERYBODY = (
    Call("s3:DeleteObject", (PAYLOAD,)),
    Call("s3:DeleteObjectVersion", (PAYLOAD,)),
    Call("s3:PutObject", (PAYLOAD,)),
    Call("s3:GetObject", (PAYLOAD,), (("aws:SecureTransport", "false"),)),
    Call("s3:PutObject", (WAREHOUSE,), (("aws:SecureTransport", "false"),)),
)
