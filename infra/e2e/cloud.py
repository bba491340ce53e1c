"""The applied AWS as its parts see it: each under its own role, with that role's credentials."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from unittest import mock

import boto3
from applied import ACCOUNT, Applied

from lake_io.storage.s3 import aws

__all__ = ["Cloud", "Role", "foreign"]

_NOTHING_ELSE = {
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def foreign() -> dict[str, str]:
    """This process's environment without its AWS."""
    return {name: value for name, value in os.environ.items() if not name.startswith("AWS")}


@dataclass(frozen=True)
class Role:
    """A role that was assumed: what the SDK is told of it, by its standard variables."""

    name: str
    environment: Mapping[str, str]

    @property
    def access_key(self) -> str:
        return self.environment["AWS_ACCESS_KEY_ID"]

    def client(self, service: str) -> object:
        session = boto3.Session(
            self.access_key,
            self.environment["AWS_SECRET_ACCESS_KEY"],
            self.environment["AWS_SESSION_TOKEN"],
            region_name=self.environment["AWS_REGION"],
        )
        return session.client(service, endpoint_url=self.environment["AWS_ENDPOINT_URL"])


class Cloud:
    """The applied infrastructure, its outputs, and its roles by the end of their names."""

    def __init__(self, applied: Applied) -> None:
        self.applied = applied
        self.outputs = applied.outputs
        self._roles: dict[str, Role] = {}

    def client(self, service: str) -> object:
        """For whoever looks on: with credentials of no role."""
        return self.applied.client(service)

    @cached_property
    def alarms(self) -> str:
        """The URL of a queue that hears what the alarm topic says."""
        region = self.applied.kind.region
        sqs, arn = self.client("sqs"), f"arn:aws:sqs:{region}:{ACCOUNT}:listener"
        url: str = sqs.create_queue(QueueName="listener")["QueueUrl"]
        topic = self.outputs["alarm_topic"]
        self.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        return url

    def role(self, name: str) -> Role:
        """The role `bovespa-<name>`, or the only one of a student account, assumed once."""
        name = self.applied.kind.role or f"bovespa-{name}"
        if name not in self._roles:
            self._roles[name] = self._assume(name)
        return self._roles[name]

    @property
    def roles(self) -> list[Role]:
        """Those that were assumed."""
        return list(self._roles.values())

    def statements(self, role: Role) -> Iterator[Mapping[str, object]]:
        """Statements of the role's policies."""
        iam = self.client("iam")
        assert not iam.list_attached_role_policies(RoleName=role.name)["AttachedPolicies"]
        for policy in iam.list_role_policies(RoleName=role.name)["PolicyNames"]:
            found = iam.get_role_policy(RoleName=role.name, PolicyName=policy)
            yield from found["PolicyDocument"]["Statement"]

    def bucket_policies(self) -> dict[str, Mapping[str, object]]:
        """The policy of each of our buckets, by the bucket's name."""
        s3 = self.client("s3")
        lake = self.applied.kind.lake_bucket
        names = (lake, f"{lake}-artifacts")
        return {name: json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]) for name in names}

    @contextmanager
    def here(self) -> Iterator[None]:
        """This process reads the lake, as a person with the account's own credentials."""
        environment = {**foreign(), **self.applied.environment, **_NOTHING_ELSE}
        with mock.patch.dict(os.environ, environment, clear=True):
            aws.clear_clients()
            yield
        aws.clear_clients()

    def _assume(self, name: str) -> Role:
        arn = self.client("iam").get_role(RoleName=name)["Role"]["Arn"]
        answer = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="e2e")
        keys = answer["Credentials"]
        return Role(
            name,
            {
                "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
                "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
                "AWS_SESSION_TOKEN": keys["SessionToken"],
                "AWS_DEFAULT_REGION": self.applied.kind.region,
                "AWS_REGION": self.applied.kind.region,
                "AWS_ENDPOINT_URL": self.applied.endpoint,
                **_NOTHING_ELSE,
            },
        )
