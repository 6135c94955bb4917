"""What a proxy says of a request is believed of named proxies alone."""

from collections.abc import Callable

import httpx
import pytest

from tests.processes import Running


@pytest.mark.parametrize(
    ("trusted", "scheme"), [("127.0.0.0/8", "https"), ("10.0.0.1", "http")], ids=["named", "other"]
)
@pytest.mark.parametrize("command", ["receiver"])
def test_only_a_named_proxy_tells_that_it_was_https(
    run: Callable[..., Running], sqlite_url: str, command: str, trusted: str, scheme: str
) -> None:
    running = run(command, database_url=sqlite_url, TRUSTED_PROXIES=trusted)
    headers = {"x-forwarded-proto": "https"}
    answer = httpx.get(f"{running.receiver}/healthz/", headers=headers)
    assert answer.headers["location"].startswith(f"{scheme}://")
