"""Answers without content, refusals of the address, proxies, certificates, other names."""

import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests

from b3_scraper import Blocked, Client, NoPortfolio, Refused, Unreachable, fetch_portfolio


@contextmanager
def server(respond: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server that answers every GET as `respond` does; gives its base address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            respond(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base's name)
            """Nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


@pytest.mark.parametrize(
    "body", [b"", b" \r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", b"null", b" null\n"]
)
def test_an_answer_without_content_may_pass(body: bytes) -> None:
    """Status 200 with nothing in it is no damaged data: Unreachable, after all tries."""

    def respond(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(body)

    with (
        server(respond) as url,
        Client(url, sleep=lambda _: None, retries=1) as client,
        pytest.raises(Unreachable, match=r"(null|an empty body) \(status 200\) \(asked 2 times\)"),
    ):
        client.fetch_portfolio("IBOV")


@pytest.mark.parametrize("status", [401, 403, 451])
def test_a_refusal_of_the_address_is_told_and_not_asked_twice(
    status: int, waits: list[float]
) -> None:
    """The endpoint is where it was; this address is not wanted."""

    def respond(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_error(status)

    with (
        server(respond) as url,
        Client(url, sleep=waits.append) as client,
        pytest.raises(Blocked, match=f"refuses this address with status {status}; wait before"),
    ):
        client.fetch_portfolio("IBOV")
    assert waits == []


@pytest.mark.parametrize(("status", "moved"), [(404, True), (410, True), (400, False)])
def test_only_what_is_gone_may_have_moved(status: int, moved: bool) -> None:
    """Any other status is told as it is."""

    def respond(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_error(status)

    with server(respond) as url, pytest.raises(Unreachable) as told:
        fetch_portfolio("IBOV", source=url)
    assert ("may have moved" in str(told.value)) is moved
    assert f"status {status}" in str(told.value)


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """No setting of the network from outside the test."""
    names = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
    bundles = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
    for name in (*names, *map(str.upper, names), *bundles):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def reason(source: str, session: requests.Session | None = None) -> str:
    with (
        Client(source, session=session, sleep=lambda _: None, retries=0) as client,
        pytest.raises(Unreachable) as told,
    ):
        client.fetch_portfolio("IBOV")
    return str(told.value)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_out_of_reach_is_named_without_its_login(
    scheme: str, no_proxy: pytest.MonkeyPatch
) -> None:
    """B3 is not to blame, and the password is nobody's business."""
    no_proxy.setenv(f"{scheme}_proxy", "http://me:secret@127.0.0.1:1/")
    told = reason(f"{scheme}://b3.invalid/")
    assert told.startswith("the proxy 127.0.0.1:1 cannot be reached: ")
    assert "secret" not in told
    assert "b3.invalid" not in told


def test_a_proxy_that_wants_a_login_is_told(no_proxy: pytest.MonkeyPatch) -> None:
    """Asking again would not help."""

    def respond(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_error(407)

    with server(respond) as url:
        no_proxy.setenv("http_proxy", url)
        told = reason("http://b3.invalid/")
    assert told == f"the proxy {url.split('/')[2]} wants a login (status 407)"


@pytest.mark.parametrize("address", ["http://me:secret@127.0.0.1:99999x", "http://"])
def test_a_proxy_whose_address_is_none_is_told(address: str, no_proxy: pytest.MonkeyPatch) -> None:
    """A proxy error is reported as such, without credentials."""
    no_proxy.setenv("https_proxy", address)
    told = reason("https://b3.invalid/")
    assert told.startswith("the address of the proxy is wrong: ")
    assert "secret" not in told


@pytest.mark.parametrize(
    ("name", "hint"),
    [("SSL_CERT_FILE", True), ("SSL_CERT_DIR", True), ("REQUESTS_CA_BUNDLE", False), (None, False)],
)
def test_a_bad_certificate_has_a_hint_where_the_wrong_variable_is_set(
    name: str | None, hint: bool, no_proxy: pytest.MonkeyPatch
) -> None:
    """OpenSSL's own variables are not read by requests."""
    session = requests.Session()

    def send(*_: object, **__: object) -> requests.Response:
        raise requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED")

    no_proxy.setattr(session, "send", send)
    if name:
        no_proxy.setenv(name, "/etc/ssl/company.pem")
    told = reason("https://b3.invalid/", session)
    assert ("REQUESTS_CA_BUNDLE" in told) is hint
    assert (f"{name} is set and not read here" in told) is hint


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_variable_that_names_no_certificates_is_told(
    name: str, no_proxy: pytest.MonkeyPatch
) -> None:
    """With the file it names."""
    no_proxy.setenv(name, "/nonexistent")
    told = reason("https://127.0.0.1:1/")
    assert told == f"{name} names the file /nonexistent, which is not there: correct or unset it"


@pytest.mark.parametrize(
    ("typed", "code"), [("IBRX", "IBXX"), ("IBRX50", "IBXL"), ("IVBX2", "IVBX"), ("IGPTW", "GPTW")]
)
def test_a_name_that_is_no_code_has_a_hint_at_the_code(
    typed: str, code: str, client: Client
) -> None:
    """B3 knows none of them, and says no more."""
    with pytest.raises(NoPortfolio, match=f"B3's code of {typed} is {code}"):
        client.fetch_portfolio(typed)


@pytest.mark.parametrize(
    ("typed", "code"), [("ISE", "ISEE"), ("IEE", "IEEX"), ("IBOVESPA", "IBOV"), ("ISE B3", "ISEE")]
)
def test_a_name_that_cannot_be_a_code_has_a_hint_too(typed: str, code: str, client: Client) -> None:
    """Before anything is asked."""
    with pytest.raises(Refused, match=f"is {code}$"):
        client.fetch_portfolio(typed)
