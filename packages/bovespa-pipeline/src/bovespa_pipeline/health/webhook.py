"""Tell a webhook what is wrong: a short message in the form that its service reads.

Slack, Discord and ntfy are told apart by their hosts; any other receives plain JSON. The address is
a secret and stands in no message of ours.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

import requests

from bovespa_pipeline.health.problems import Problem

__all__ = ["FORMS", "NotDelivered", "form_of", "post"]

FORMS: Final = ("slack", "discord", "ntfy", "plain")
_HOSTS: Final = {
    "hooks.slack.com": "slack",
    "discord.com": "discord",
    "discordapp.com": "discord",
    "ntfy.sh": "ntfy",
}
_TIMEOUT: Final = (5, 15)
_SHOWN: Final = 10
_LONGEST: Final = 1_900
"""Characters: Discord takes 2,000."""


class NotDelivered(Exception):
    """The webhook did not take the message."""


def form_of(url: str) -> str:
    """The form that the service at an address reads."""
    host = (urlsplit(url).hostname or "").lower()
    return next((form for name, form in _HOSTS.items() if host == name), "plain")


def post(url: str, lake: str, problems: Sequence[Problem], form: str | None = None) -> None:
    """Post the problems, or that there are none any more. Raises NotDelivered."""
    text = _text(lake, problems)
    body, headers = _body(form or form_of(url), text, lake, problems)
    try:
        answer = requests.post(url, data=body, headers=headers, timeout=_TIMEOUT)
    except (requests.RequestException, ValueError) as error:
        raise NotDelivered(f"it cannot be reached ({type(error).__name__})") from None
    if not answer.ok:
        raise NotDelivered(f"it answered {answer.status_code}")


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
