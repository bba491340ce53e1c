"""Asking an exchange that behaves, and one that does not."""

import datetime as dt
import http.server
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests

from b3_scraper import (
    B3Error,
    Blocked,
    Client,
    InconsistentTotals,
    NoPortfolio,
    Refused,
    Unreachable,
    __version__,
    fetch_indices,
    fetch_portfolio,
    parse_portfolio,
)
from b3_scraper.testing import Exchange, Fault, SamplePortfolio, sample_portfolio

SESSION = dt.date(2025, 1, 6)


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


def test_a_portfolio_is_fetched_whole(client: Client, sample: SamplePortfolio) -> None:
    """With sectors, exact, complete."""
    portfolio = client.fetch_portfolio("IBOV")
    wanted = sample.to_positions()
    assert portfolio.positions.sort_by("ticker").equals(wanted.sort_by("ticker"))
    assert portfolio.complete


def test_b3_is_asked_in_portuguese_by_sector_and_for_everything(
    client: Client, exchange: Exchange
) -> None:
    """One request where one page is all."""
    client.fetch_portfolio("IBOV")
    (request,) = exchange.requests
    assert request.method == "GetPortfolioDay"
    assert request.parameters == {
        "language": "pt-br",
        "pageNumber": 1,
        "pageSize": 9999,
        "index": "IBOV",
        "segment": "2",
    }


def test_a_server_that_pages_is_paged_to_the_end(client: Client) -> None:
    """240 positions, 100 a page, every page's bytes kept."""
    portfolio = client.fetch_portfolio("IGCX")
    assert (portfolio.position_count, len(portfolio.pages)) == (240, 3)


def test_indices_are_listed_sorted(client: Client, exchange: Exchange) -> None:
    """From the list of stocks, all pages of it."""
    assert client.fetch_indices().codes == ("IBOV", "IGCX")
    assert fetch_indices(source=exchange.url).payload


def test_undated_answers_come_as_bytes(
    client: Client, exchange: Exchange, sample: SamplePortfolio
) -> None:
    """They are for keeping; nobody reads them here."""
    exchange.previews[SESSION] = [sample]
    parameters = {"pageNumber": 1, "pageSize": 9999, "language": "pt-br", "index": "IBOV"}
    for method in ("GetTheoricalPortfolio", "GetQuartelyPreview"):
        assert b'"cont":12' in client.fetch_answer(method, parameters)


def test_an_index_nobody_knows_has_no_portfolio(client: Client) -> None:
    """B3 answers with no rows; that is not a failure of the source."""
    with pytest.raises(NoPortfolio, match="XXXX"):
        client.fetch_portfolio("XXXX")


def test_a_strange_code_is_refused_before_anything_is_asked(
    client: Client, exchange: Exchange
) -> None:
    """No request is made for it."""
    with pytest.raises(Refused):
        client.fetch_portfolio("../IBOV")
    assert exchange.requests == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault.TOO_MANY_REQUESTS,
        Fault.SERVER_ERROR,
        Fault.CDN_ERROR,
        Fault.CUT,
        Fault.EMPTY,
        Fault.NULL,
    ],
)
def test_what_passes_is_waited_for(
    client: Client, exchange: Exchange, waits: list[float], fault: Fault
) -> None:
    """Each wait is twice the last, and the answer comes in the end."""
    exchange.misbehave(fault, times=3)
    assert client.fetch_portfolio("IBOV").position_count == 12
    assert waits == [1, 2, 4]


def test_half_of_a_wait_is_chance(exchange: Exchange) -> None:
    """So that clients that failed together do not come back together."""
    waits: list[float] = []
    exchange.misbehave(Fault.SERVER_ERROR, times=2)
    with Client(exchange.url, sleep=waits.append, jitter=lambda: 0.0) as client:
        client.fetch_portfolio("IBOV")
    assert waits == [0.5, 1]


def test_what_does_not_pass_is_given_up(
    client: Client, exchange: Exchange, waits: list[float]
) -> None:
    """After four further tries, saying what the source said."""
    exchange.misbehave(Fault.CDN_ERROR, times=None)
    with pytest.raises(Unreachable, match=r"status 520 \(asked 5 times\)"):
        client.fetch_portfolio("IBOV")
    assert waits == [1, 2, 4, 8]


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("7", 7),
        ("0", 1),
        ("Mon, 06 Jan 2025 12:00:20 GMT", 20),
        ("Mon, 06 Jan 2025 11:00:00 GMT", 1),
        ("soon", 1),
        ("-5", 1),
    ],
)
def test_retry_after_is_obeyed(
    client: Client, exchange: Exchange, waits: list[float], asked: str, waited: float
) -> None:
    """In seconds or as a date; never less than the client's own wait."""
    exchange.misbehave(Fault.TOO_MANY_REQUESTS, retry_after=asked)
    client.fetch_portfolio("IBOV")
    assert waits == [waited]


def test_too_long_a_retry_after_is_told_instead_of_waited(
    client: Client, exchange: Exchange, waits: list[float]
) -> None:
    """Over a minute a person should know, and nothing sleeps."""
    exchange.misbehave(Fault.TOO_MANY_REQUESTS, retry_after=3600)
    with pytest.raises(Unreachable, match="come back in 3,600 seconds"):
        client.fetch_portfolio("IBOV")
    assert waits == []


def test_a_moved_endpoint_is_not_asked_twice(client: Client, exchange: Exchange) -> None:
    """404 will not pass."""
    exchange.misbehave(Fault.MOVED)
    with pytest.raises(Unreachable, match="404: the endpoint may have moved"):
        client.fetch_portfolio("IBOV")
    assert len(exchange.requests) == 1


def test_a_page_for_people_is_recognised_and_not_asked_twice(
    client: Client, exchange: Exchange
) -> None:
    """Status 200 does not make HTML data; asking again makes it worse."""
    exchange.misbehave(Fault.HTML)
    with pytest.raises(Blocked, match="a CAPTCHA"):
        client.fetch_portfolio("IBOV")
    assert len(exchange.requests) == 1


def test_a_slow_answer_times_out(exchange: Exchange) -> None:
    """A time-out may pass, so it is Unreachable after the tries are used up."""
    exchange.misbehave(Fault.SLOW, times=None)
    with (
        Client(exchange.url, timeout=(1, 0.05), retries=1, sleep=lambda _: None) as client,
        pytest.raises(Unreachable, match=r"(?i)timed out.*asked 2 times"),
    ):
        client.fetch_portfolio("IBOV")


def test_a_short_page_is_refused_with_the_bytes(client: Client, exchange: Exchange) -> None:
    """Fewer rows than the answer says of itself is no portfolio."""
    exchange.misbehave(Fault.SHORT_PAGE, index="IGCX")
    with pytest.raises(Refused, match="239 rows of 240") as refusal:
        client.fetch_portfolio("IGCX")
    assert len(refusal.value.pages) == 3


def test_a_session_that_rolls_over_between_pages_is_asked_again(
    client: Client, exchange: Exchange
) -> None:
    """From page 1, so that all pages are of one session."""
    exchange.misbehave(Fault.CHANGED_HEADER)
    assert client.fetch_portfolio("IGCX").position_count == 240
    numbers = [request.parameters["pageNumber"] for request in exchange.requests]
    assert numbers == [1, 2, 1, 2, 3]


def test_a_header_that_keeps_changing_is_refused(client: Client, exchange: Exchange) -> None:
    """Three times is enough; the pages received go with the refusal."""
    exchange.misbehave(Fault.CHANGED_HEADER, times=None)
    with pytest.raises(Refused, match="3 times") as refusal:
        client.fetch_portfolio("IGCX")
    assert len(refusal.value.pages) == 2


def test_a_ticker_twice_is_inexact(client: Client, exchange: Exchange) -> None:
    """Unless asked not to verify: then the portfolio comes, and says so itself."""
    exchange.misbehave(Fault.DUPLICATE_TICKER, times=2)
    with pytest.raises(InconsistentTotals, match="more than once"):
        client.fetch_portfolio("IBOV")
    assert len(client.fetch_portfolio("IBOV", verify=False).discrepancies()) == 1


def test_a_wrong_total_is_inexact(client: Client, exchange: Exchange) -> None:
    """The rows are compared with the header."""
    exchange.misbehave(Fault.WRONG_TOTAL)
    with pytest.raises(InconsistentTotals, match="the quantities add up to"):
        client.fetch_portfolio("IBOV")


def test_an_unknown_class_warns(client: Client, exchange: Exchange) -> None:
    """Classes are open: B3 adds some, and the session is not lost."""
    exchange.misbehave(Fault.UNKNOWN_CLASS)
    portfolio = client.fetch_portfolio("IBOV")
    assert portfolio.warnings == ("unknown share class 'XYZ', kept",)


def test_a_fault_of_one_index_leaves_the_others_alone(client: Client, exchange: Exchange) -> None:
    """Faults can be meant for one index."""
    exchange.misbehave(Fault.MOVED, index="IGCX")
    assert client.fetch_portfolio("IBOV").position_count == 12
    with pytest.raises(Unreachable):
        client.fetch_portfolio("IGCX")


def test_the_client_says_who_it_is() -> None:
    """Name and version, so that B3 can tell whom to ask."""
    agents: list[str | None] = []

    def respond(handler: http.server.BaseHTTPRequestHandler) -> None:
        agents.append(handler.headers["User-Agent"])
        handler.send_error(404)

    with server(respond) as url, pytest.raises(Unreachable):
        fetch_portfolio("IBOV", source=url)
    assert agents == [f"b3-scraper/{__version__}"]


def test_a_redirect_to_another_server_is_not_followed() -> None:
    """An endpoint that moved is for a person to look at."""

    def respond(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "http://example.invalid/")
        handler.end_headers()

    with server(respond) as url, pytest.raises(Unreachable, match="has moved to"):
        fetch_portfolio("IBOV", source=url)


def test_a_redirect_in_circles_ends() -> None:
    """On the same server redirects are followed, three of them."""

    def respond(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", handler.path)
        handler.end_headers()

    with server(respond) as url, pytest.raises(Unreachable, match="in circles"):
        fetch_portfolio("IBOV", source=url)


def test_too_large_an_answer_is_refused() -> None:
    """Reading stops at 8 MiB, and nothing is kept."""

    def respond(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(9):
            handler.wfile.write(b"x" * 1024 * 1024)

    with server(respond) as url, pytest.raises(Refused, match="more than 8 MiB") as refusal:
        fetch_portfolio("IBOV", source=url)
    assert refusal.value.pages == ()


def test_a_dripping_answer_is_given_up() -> None:
    """Chunks that each come in time may not add up to hours: the clock is injected."""
    times = iter(range(0, 10_000, 100))

    def respond(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        handler.wfile.write(b"x" * 100_000)

    with server(respond) as url, pytest.raises(Unreachable, match="too slowly"):
        Client(url, retries=0, clock=lambda: next(times)).fetch_portfolio("IBOV")


@pytest.mark.parametrize("source", ["http://127.0.0.1:1/", "ftp://x", "nonsense", "http://[", ""])
def test_no_address_ends_in_a_traceback(source: str) -> None:
    """Nothing listens, or it is no address at all: Unreachable."""
    with Client(source, sleep=lambda _: None, retries=1) as client, pytest.raises(Unreachable):
        client.fetch_portfolio("IBOV")


def test_tls_cannot_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """A session that does not verify is made to."""
    verified: list[object] = []
    session = requests.Session()
    session.verify = False

    def send(_request: object, **options: object) -> requests.Response:
        verified.append(options["verify"])
        raise requests.exceptions.SSLError("CERTIFICATE_VERIFY_FAILED")

    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    monkeypatch.setattr(session, "send", send)
    with pytest.raises(Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
        Client("https://b3.invalid/", session=session).fetch_portfolio("IBOV")
    assert verified == [True]


def test_the_exchange_serves_the_next_session_before_a_holiday() -> None:
    """Serve the last session again, as B3 did from 1 to 4 March 2025."""
    days = [dt.date(2025, 2, 28), dt.date(2025, 3, 5)]
    samples = [sample_portfolio("IBOV", day, position_count=3) for day in days]
    with Exchange(samples, today=dt.date(2025, 3, 1)) as exchange, Client(exchange.url) as asking:
        served = []
        for today in (dt.date(2025, 2, 28), dt.date(2025, 3, 1), dt.date(2025, 3, 9)):
            exchange.today = today
            served.append(asking.fetch_portfolio("IBOV").reference_date)
    assert served == [days[0], days[1], days[1]]


def test_the_download_of_the_exchange_is_read(client: Client) -> None:
    """Base64 text in quotes, as the site's button gets it."""
    body = client.fetch_answer("GetDownloadPortfolioDay", {"index": "IBOV", "language": "pt-br"})
    assert parse_portfolio(body).verify().position_count == 12


@pytest.mark.parametrize(
    "path", ["", "GetPortfolioDay/%%%", "GetPortfolioDay/MQ==", "Nothing/e30="]
)
def test_the_exchange_survives_bad_requests(exchange: Exchange, path: str) -> None:
    """It answers 400 or 404 and goes on."""
    assert requests.get(exchange.url + path, timeout=5).status_code in {400, 404}


def test_every_failure_of_this_package_is_one_kind() -> None:
    """`except B3Error` is enough."""
    for kind in (Unreachable, Blocked, NoPortfolio, Refused, InconsistentTotals):
        assert issubclass(kind, B3Error)
