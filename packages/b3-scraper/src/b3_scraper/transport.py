"""Classification of connection failures: source, proxy or certificates."""

import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import requests
from requests.utils import select_proxy

from b3_scraper.errors import Unreachable
from b3_scraper.retry import TransientError

__all__ = ["failure_of", "proxy_of", "site"]

_BUNDLES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_NOT_READ: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_LOGIN: Final = re.compile(r"[^/@\s]*@")
_LONGEST: Final = 200


def failure_of(url: str, error: Exception, session: requests.Session) -> Unreachable:
    """Return the error that names the part that failed, and whether that may pass.

    A bad certificate, address or setting does not pass; a lost connection may.
    """
    cause = _cause(error)
    if isinstance(error, requests.exceptions.ProxyError):
        return _proxy_failure(f"the proxy {proxy_of(url, session)} cannot be reached", cause)
    if _is_wrong_proxy(url, error, cause, session):
        return Unreachable(f"the address of the proxy is wrong: {cause}")
    if not isinstance(error, requests.RequestException | ValueError):
        wrong = _wrong_bundle(session)
        if wrong:
            return Unreachable(wrong)
    reason = f"{site(url)} cannot be reached: {cause}"
    if "CERTIFICATE_VERIFY" in str(error):
        return Unreachable(reason + _certificate_hint())
    return Unreachable(reason) if isinstance(error, ValueError) else TransientError(reason)


def proxy_of(url: str, session: requests.Session) -> str:
    """The host and port of the proxy before `url`, without its login; empty for none."""
    try:
        settings = session.merge_environment_settings(url, {}, None, None, None)
        proxy = select_proxy(url, settings["proxies"]) or ""
    except ValueError:  # not even an address
        return ""
    return site(proxy if "://" in proxy else f"//{proxy}").rpartition("@")[2] if proxy else ""


def site(url: str | None) -> str:
    """The host and port of an address."""
    try:
        return urlsplit(url or "").netloc or "the source"
    except ValueError:
        return "the source"


def _is_wrong_proxy(url: str, error: Exception, cause: str, session: requests.Session) -> bool:
    """True if the proxy's address is malformed; requests does not always name the proxy."""
    if isinstance(error, requests.exceptions.InvalidProxyURL):
        return True
    own = proxy_of(url, session)
    return bool(own) and cause.startswith("Failed to parse") and own in cause


def _proxy_failure(what: str, cause: str) -> Unreachable:
    if " 407" in cause:  # the proxy's answer to CONNECT, in http.client's words
        return Unreachable(f"{what}: it wants a login ({cause})")
    return TransientError(f"{what}: {cause}")


def _wrong_bundle(session: requests.Session) -> str | None:
    """Name the setting whose certificates cannot be loaded, if there is one."""
    if isinstance(session.verify, str):
        return f"the certificates in {session.verify} cannot be loaded"
    for name in _BUNDLES:
        path = os.environ.get(name)
        if path:
            state = "cannot be loaded" if Path(path).exists() else "is not there"
            return f"{name} names the file {path}, which {state}: correct or unset it"
    return None


def _certificate_hint() -> str:
    variables = [name for name in _NOT_READ if os.environ.get(name)]
    if not variables or any(os.environ.get(name) for name in _BUNDLES):
        return ""
    return f"; {variables[0]} is set and not read here: set REQUESTS_CA_BUNDLE instead"


def _cause(error: BaseException) -> str:
    """The innermost reason of a failure, without logins: requests wraps it in several others."""
    cause = error
    while cause.__context__ is not None:
        cause = cause.__context__
    return _LOGIN.sub("", str(cause))[:_LONGEST] or type(cause).__name__
