"""Notify a webhook of problems: a short message in the form that its service reads.

Slack, Discord and ntfy are distinguished by their hosts; any other receives plain JSON. The address
is a secret and is in no message of ours.
"""

import json
from collections.abc import Mapping, Sequence
from threading import Thread
from typing import Final
from urllib.parse import urljoin, urlsplit

import requests

from bovespa_pipeline.health.problem import Problem

__all__ = ["FORMS", "NotDelivered", "form_of", "post"]

FORMS: Final = ("slack", "discord", "ntfy", "plain")
_HOSTS: Final = {
    "hooks.slack.com": "slack",
    "discord.com": "discord",
    "discordapp.com": "discord",
    "ntfy.sh": "ntfy",
}
_TIMEOUT: Final = (5, 15)
_LIMIT: Final = 20.0
"""Seconds for everything: a timeout of `requests` is that of one read, and each byte is a read."""
_SHOWN: Final = 10
_LONGEST: Final = 1_900
"""Characters: Discord takes 2,000."""


class NotDelivered(Exception):
    """The webhook did not take the message."""


def form_of(url: str) -> str:
    """The form that the service at an address reads."""
    host = (urlsplit(url).hostname or "").lower()
    return next((form for name, form in _HOSTS.items() if host == name), "plain")


def post(
    url: str,
    lake: str,
    problems: Sequence[Problem],
    form: str | None = None,
    *,
    limit: float = _LIMIT,
) -> None:
    """Post the problems, or that there are none any more. Raises NotDelivered.

    The body of the answer is not read, and a redirect is not followed: it would drop the message.
    """
    text = _text(lake, problems)
    request = _Request(url, *_body(form or form_of(url), text, lake, problems))
    request.start()
    request.join(limit)
    if request.is_alive():
        raise NotDelivered(f"it did not answer in time ({limit:g} s)")
    if request.error is not None:
        raise NotDelivered(f"it cannot be reached ({type(request.error).__name__})")
    _assert_accepted(request.status, url, request.location)


class _Request(Thread):
    """A POST in a thread of its own, which ends with the process if no answer comes."""

    def __init__(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        super().__init__(daemon=True)
        self._url, self._body, self._headers = url, body, headers
        self.status = 0
        self.location = ""
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            with requests.post(
                self._url,
                data=self._body,
                headers=self._headers,
                timeout=_TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as answer:
                self.status = answer.status_code
                self.location = answer.headers.get("Location", "")
        except (OSError, ValueError) as error:
            self.error = error


def _assert_accepted(status: int, url: str, location: str) -> None:
    if status in range(200, 300):
        return
    if status in range(300, 400) and (target := _host(url, location)):
        raise NotDelivered(f"it answered {status}, a redirect to {target}: give the new address")
    raise NotDelivered(f"it answered {status}")


def _host(url: str, location: str) -> str:
    """Scheme and host of a redirect; its path may contain the secret of the address."""
    target = urlsplit(urljoin(url, location)) if location else None
    return f"{target.scheme}://{target.hostname}" if target and target.hostname else ""


def _text(lake: str, problems: Sequence[Problem]) -> str:
    if not problems:
        return f"bovespa check {lake}: all is well again"
    more = len(problems) - _SHOWN
    lines = [f"bovespa check {lake}: {len(problems)} wrong", *map(str, problems[:_SHOWN])]
    text = "\n".join([*lines, f"and {more} more"] if more > 0 else lines)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _body(
    form: str, text: str, lake: str, problems: Sequence[Problem]
) -> tuple[bytes, Mapping[str, str]]:
    if form == "ntfy":
        return text.encode(), {"Title": "bovespa check"}
    documents = {
        "slack": {"text": text},
        "discord": {"content": text},
        "plain": {
            "text": text,
            "lake": lake,
            "is_well": not problems,
            "problems": [
                {"kind": each.kind, "index_code": each.index_code, "problem": each.text}
                for each in problems
            ],
        },
    }
    body = json.dumps(documents[form], ensure_ascii=False).encode()
    return body, {"Content-Type": "application/json"}
