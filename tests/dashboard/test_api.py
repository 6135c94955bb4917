"""Addresses below `/api` that nothing has, or not like this: each answer says so."""

from collections.abc import Callable

import httpx

from tests.processes import Running

NOBODYS = (
    "/api/", "/api/nothing", "/api/export/.csv", "/api/export/%2F.csv", "/api/export/a/b.csv",
    "/api/rows/leads", "/api/FEED", "/api/campaigns/a/b", "/api/say/now",
    f"/api/{'é' * 2_000}",
)  # fmt: skip
UNSAFE = (
    "/api/leads/a%00b", f"/api/leads/{'%00' * 5_000}", "/api/leads/..%2F..%2Fetc", "/api/x/%2e%2e",
    "/api/leads/..%5Cetc", "/api/export/%00.csv", "/api/leads/a%0D%0Ab", "/api/export/%0A.csv",
    "/api/%7F",
)  # fmt: skip
OTHER_METHODS = {"/api/feed": "GET", "/api/offers": "GET", "/api/export/leads.csv": "GET, POST"}


def test_every_refusal_below_api_says_why(run: Callable[..., Running], sqlite_url: str) -> None:
    running = run("dashboard", database_url=sqlite_url)
    with httpx.Client(base_url=running.dashboard, trust_env=False) as client:

        def asked(method: str, address: str) -> tuple[int, str]:
            answer = client.request(method, address)
            assert list(answer.json()) == ["detail"], address
            assert answer.headers["cache-control"] == "no-store"
            return answer.status_code, answer.json()["detail"]

        for address in NOBODYS:
            for method in ("GET", "POST", "DELETE"):
                status, sentence = asked(method, address)
                assert (status, "There is nothing at this address" in sentence) == (404, True), (
                    address
                )
        for address in UNSAFE:
            status, sentence = asked("GET", address)
            assert (status, "control character" in sentence) == (400, True), address
        for address, methods in OTHER_METHODS.items():
            status, sentence = asked("DELETE", address)
            assert status == 405
            assert {word.strip(" .") for word in sentence.split(":")[1].split(",")} >= set(
                methods.split(", ")
            )
        status, sentence = asked("GET", "/api/say")
        assert (status, "POST" in sentence) == (405, True)
        # The pages are Streamlit's as before, unknown ones, too.
        assert client.get("/nothing").headers["content-type"].startswith("text/html")
        assert client.get("/api/leads/nobody").status_code == 401
        assert client.head("/api/rows/leads.json").status_code == 200
