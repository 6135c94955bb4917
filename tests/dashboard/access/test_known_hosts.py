"""What every answer of the dashboard passes: host names, headers, cookies."""

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket

from dashboard.access.known_hosts import KnownHosts, SecureCookies
from models.settings import Settings


async def _page(_request: Request) -> PlainTextResponse:
    return PlainTextResponse("in")


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("in")
    await socket.close()


def _client(base_url: str) -> TestClient:
    inner = Starlette(routes=[Route("/", _page), WebSocketRoute("/socket", _socket)])
    hosts = Settings(allowed_hosts="desk.example.com").hosts()
    return TestClient(KnownHosts(inner, hosts=hosts), base_url=base_url)


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:8501", "localhost", "LOCALHOST:9", "[::1]:8501", "desk.example.com"],
)
def test_known_names_are_answered_whatever_the_port(host: str) -> None:
    with _client("http://127.0.0.1") as client:
        assert client.get("/", headers={"host": host}).text == "in"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "localhost.evil.example", "desk.example.com.evil.example", "[::2]", "",
        "localhost:x", "user@localhost", "localhost/..", "[", "127.0.0.1.nip.io",
        "[::1].evil.example", "[::1]evil.example:80", "localhost#", "localhost:80:80", "::1",
    ],
)  # fmt: skip
def test_other_names_are_refused_with_a_sentence(host: str) -> None:
    with _client("http://127.0.0.1") as client:
        answer = client.get("/", headers={"host": host})
    assert answer.status_code == 400
    assert "ALLOWED_HOSTS" in answer.json()["detail"]


_OURS = [
    "/api/export/leads.csv",
    "/api/rows/leads.json",
    "/api/subject.json",
    "/auth/logout",
    "/auth/login",
]


@pytest.mark.parametrize("path", _OURS)
@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"referer": "http://evil.example/x"}, 403),
        ({"sec-fetch-site": "same-origin"}, 404),
        ({"sec-fetch-site": "none", "sec-fetch-mode": "navigate"}, 404),  # a link in a letter
        ({"referer": "http://127.0.0.1/leads?q=x"}, 404),
        ({}, 404),
    ],
    ids=str,
)
def test_pages_of_other_sites_begin_nothing_here(
    path: str, said: dict[str, str], status: int
) -> None:
    with _client("http://127.0.0.1") as client:
        answer = client.get(path, headers=said)
    assert answer.status_code == status
    if status == 403:
        assert "Open Visitor Desk and do it there" in answer.json()["detail"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_pages_of_other_sites_change_nothing_anywhere(method: str) -> None:
    with _client("http://127.0.0.1") as client:
        answer = client.request(method, "/", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403


def test_a_link_from_another_site_opens_a_page() -> None:
    with _client("http://127.0.0.1") as client:
        assert client.get("/", headers={"sec-fetch-site": "cross-site"}).text == "in"


def test_cookies_of_other_programs_on_the_host_do_no_harm() -> None:
    async def page(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(sorted(request.cookies.items())))

    app = KnownHosts(Starlette(routes=[Route("/", page)]), hosts={"127.0.0.1"})
    given = b'a=1; b=\xff\xfe; c="\\777"; ; d=caf\xc3\xa9; e=2'
    with TestClient(app, base_url="http://127.0.0.1") as client:
        headers: list[tuple[bytes, bytes]] = [(b"cookie", given)]
        assert client.get("/", headers=headers).text == "[('a', '1'), ('e', '2')]"


def test_a_websocket_under_another_name_is_refused() -> None:
    with (
        _client("http://evil.example") as client,
        pytest.raises(WebSocketDenialResponse) as refusal,
        client.websocket_connect("ws://evil.example/socket"),
    ):
        pass
    assert refusal.value.status_code == 400


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://evil.example:8501"])
def test_a_page_of_another_site_opens_no_websocket(origin: str) -> None:
    with (
        _client("http://127.0.0.1") as client,
        pytest.raises(WebSocketDenialResponse),
        client.websocket_connect("/socket", headers={"host": "127.0.0.1", "origin": origin}),
    ):
        pass


def test_our_own_pages_open_websockets() -> None:
    headers = {"host": "localhost:8501", "origin": "http://localhost:8501"}
    with (
        _client("http://127.0.0.1") as client,
        client.websocket_connect("/socket", headers=headers) as socket,
    ):
        assert socket.receive_text() == "in"


def test_answers_forbid_what_payload_text_could_load_and_frames_around_us() -> None:
    with _client("http://127.0.0.1") as client:
        headers = client.get("/").headers
    assert "img-src 'self' data: blob:;" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_pictures_may_come_from_the_listed_hosts_by_https_alone() -> None:
    inner = Starlette(routes=[Route("/", _page)])
    listed = Settings(image_hosts="media.licdn.com, Pics.Example.COM").image_hosts
    app = KnownHosts(inner, hosts={"127.0.0.1"}, image_hosts=listed)
    with TestClient(app, base_url="http://127.0.0.1") as client:
        policy = client.get("/").headers["content-security-policy"].split("; ")
    assert "img-src 'self' data: blob: https://media.licdn.com https://pics.example.com" in policy
    assert sum("licdn" in directive for directive in policy) == 1


@pytest.mark.parametrize(
    "hosts",
    [
        "*.licdn.com", "https://media.licdn.com", "media.licdn.com:8443", "media.licdn.com/a",
        "a.example; script-src *", "a.example b.example", "127.0.0.1", "[::1]", "localhost",
        "a@b.example",
    ],
)  # fmt: skip
def test_what_is_no_public_host_name_is_no_image_host(hosts: str) -> None:
    with pytest.raises(ValueError, match=r"host names such as media\.licdn\.com"):
        Settings(image_hosts=hosts)


def test_cookies_behind_tls_are_for_tls_only() -> None:
    async def page(_request: Request) -> PlainTextResponse:
        answer = PlainTextResponse("in")
        answer.set_cookie("ours", "1", httponly=True)
        answer.set_cookie("marked", "1", secure=True)
        return answer

    with TestClient(SecureCookies(Starlette(routes=[Route("/", page)]))) as client:
        cookies = client.get("/").headers.get_list("set-cookie")
    assert [cookie.count("Secure") for cookie in cookies] == [1, 1]
