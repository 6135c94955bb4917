"""Commands that run until they are told to stop: receiver, sender, dashboard, all of them together,
and the simulator.
"""

import asyncio
import os
import signal
import socket
import time
from typing import Annotated

import typer

from commands.database import opened
from commands.demo import is_empty, ring_at, score_buyers
from commands.processes import (
    SECRET_NAME,
    SINK_SECRET,
    children,
    listen,
    new_secret,
    serve,
    wait_for,
    write_secret,
)
from commands.terminal import say
from models.settings import DEMO_DATABASE_URL, ENV_FILE, Settings

WEBHOOK_PATH = "/webhooks/midbound"


def receiver() -> None:
    """Receive webhooks and derive leads from them.

    Example: visitor-desk receiver
    """
    from sqlalchemy.exc import SQLAlchemyError

    from models.logs import configure_logs
    from models.migrations import refuse_newer
    from models.storage.outage import outage
    from receiver.app import create_app
    from receiver.connection import Connection

    chosen = Settings()
    configure_logs(chosen.log_level)
    app = create_app(chosen)
    # An outage is no reason not to start: until the database is back, everything waits in the
    # spool.
    try:
        with app.state.receiver.database.read() as db:
            refuse_newer(db)
    except SQLAlchemyError as error:
        trouble = outage(error)
        if trouble.mend:  # nothing is refused that the spool can keep; but say so
            say(f"The database can't be used, so deliveries go to the spool: {trouble.mend}.")
    listener = listen(chosen.receiver_host, chosen.receiver_port, "RECEIVER_PORT")
    serve(
        app,
        listener,
        grace_s=25,
        trusted_proxies=chosen.trusted_proxies,
        connection=Connection,
    )


def sender() -> None:
    """Send the messages that rules make to their destinations.

    Example: visitor-desk sender
    """
    from models.logs import configure_logs
    from sender.app import create_app

    chosen = Settings()
    configure_logs(chosen.log_level)
    app = create_app(chosen)
    listener = listen(chosen.sender_host, chosen.sender_port, "SENDER_PORT")
    serve(app, listener, grace_s=25, trusted_proxies=chosen.trusted_proxies)


SINK_PORT = 8003


def sink(
    *,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = SINK_PORT,
) -> None:
    """Play the part of Slack and of a webhook on this machine, to see the messages a team would
    get.

    Example: visitor-desk sink --port 8003
    """
    from sender.sink import create_sink

    secret = os.environ.get(SINK_SECRET) or new_secret()
    listener = listen("127.0.0.1", port, "--port")
    url = f"http://127.0.0.1:{port}"
    typer.echo(
        "\n".join(
            [
                f"What arrives is shown at {url}",
                f"Slack     {url}/slack",
                f"Webhook   {url}/webhook",
                f"Secret    {secret}",
                "Its address is private, so set SENDER_ALLOW_PRIVATE=1. Ctrl-C stops it.",
            ]
        )
    )
    serve(create_sink(secret), listener, grace_s=2, trusted_proxies="")


def dashboard() -> None:
    """Serve the screens.

    Example: visitor-desk dashboard
    """
    chosen = Settings()
    _refuse_unsafe(chosen)
    from dashboard.access.connection import Connection, Socket
    from dashboard.access.sockets import FRAME_BYTES
    from dashboard.app import app
    from dashboard.streamlit_logs import join_ours
    from models.logs import configure_logs

    configure_logs(chosen.log_level)
    join_ours()
    listener = listen(chosen.dashboard_host, chosen.dashboard_port, "DASHBOARD_PORT")
    serve(
        app,
        listener,
        grace_s=2,
        trusted_proxies=chosen.trusted_proxies,
        connection=Connection,
        websocket=Socket,
        frame_bytes=FRAME_BYTES,
    )


def _refuse_unsafe(chosen: Settings) -> None:
    """Say what is wrong with the login settings before anything is served."""
    from dashboard.access.login_settings import refuse_half_a_login, refuse_public_address

    try:
        refuse_half_a_login(chosen)
        refuse_public_address(chosen)
    except ValueError as error:
        say(str(error))
        raise typer.Exit(2) from None


def up(
    *,
    demo: Annotated[
        bool, typer.Option("--demo", help="Play made-up visitors, in a database of their own.")
    ] = False,
) -> None:
    """Migrate, then run receiver, sender and dashboard until Ctrl-C.

    Example: visitor-desk up --demo
    """
    environment = _demo_environment() if demo else _own_environment()
    chosen = Settings()
    _refuse_unsafe(chosen)
    for host, port, name in (
        (chosen.receiver_host, chosen.receiver_port, "RECEIVER_PORT"),
        (chosen.sender_host, chosen.sender_port, "SENDER_PORT"),
        (chosen.dashboard_host, chosen.dashboard_port, "DASHBOARD_PORT"),
    ):
        listen(host, port, name).close()
    environment.setdefault("LOG_LEVEL", "WARNING")
    sink_port, sink_secret = _free_port(SINK_PORT), new_secret()
    with opened() as database:
        has_no_past = demo and is_empty(database)
        if has_no_past:
            score_buyers(database)
        if demo:
            ring_at(database, f"http://127.0.0.1:{sink_port}", sink_secret)
    with children(environment) as start:
        start("receiver")
        if demo:
            environment[SINK_SECRET] = sink_secret
            start("sink", "--port", str(sink_port))
        start("sender")
        start("dashboard")
        wait_for(f"{_receiver_url(chosen)}/readyz")
        wait_for(f"http://{_reachable(chosen.sender_host)}:{chosen.sender_port}/readyz")
        wait_for(f"{_dashboard_url(chosen)}/_stcore/health")
        play = ("simulate", "--url", _receiver_url(chosen) + WEBHOOK_PATH)
        seed = int(
            time.time()
        )  # new people each time: the same ones would all be returning visitors
        if demo:
            # Some recent visitors, so that no screen is empty before the first one arrives.
            few = ("--visitors", "40", "--speed", "0", "--seed", str(seed + 1))
            start(*play, *few, to_its_end=True)
        _welcome(chosen, messages=f"http://127.0.0.1:{sink_port}" if demo else None)
        if demo:
            start(*play, "--speed", "20", "--seed", str(seed))
        if has_no_past:
            start("demo-history", ends=True)


def _demo_environment() -> dict[str, str]:
    """Settings of the demo: its own database and secret, whatever `.env` says of the real ones."""
    os.environ.setdefault("DATABASE_URL", DEMO_DATABASE_URL)
    os.environ.setdefault(SECRET_NAME, new_secret())
    os.environ.setdefault("SENDER_ALLOW_PRIVATE", "1")  # its sink is on this machine
    return dict(os.environ)


def _own_environment() -> dict[str, str]:
    if not Settings().midbound_cloud_webhook_secret:
        write_secret(ENV_FILE)
    return dict(os.environ)


def _where_the_secret_stands() -> str:
    """A variable of the environment wins over `.env`, whatever its case."""
    is_variable = any(name.upper() == SECRET_NAME and os.environ[name] for name in os.environ)
    return "the environment" if is_variable else str(ENV_FILE.resolve())


def _receiver_url(chosen: Settings) -> str:
    return f"http://{_reachable(chosen.receiver_host)}:{chosen.receiver_port}"


def _dashboard_url(chosen: Settings) -> str:
    return f"http://{_reachable(chosen.dashboard_host)}:{chosen.dashboard_port}"


def _reachable(host: str) -> str:
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def _free_port(wanted: int) -> int:
    """This port or, if it is taken, a free one."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _welcome(chosen: Settings, *, messages: str | None) -> None:
    """Say where everything is; `messages` is the address of the demo's sink."""
    where = "made-up visitors arrive by themselves" if messages else "waiting for Midbound"
    lines = [
        "",
        f"  Visitor Desk is up: {where}.",
        "",
        f"  Dashboard   {_dashboard_url(chosen)}",
        f"  Receiver    {_receiver_url(chosen)}{WEBHOOK_PATH}",
    ]
    if messages:
        lines.append(
            f"  Messages    {messages}  (what a team would get in Slack or through a webhook)"
        )
    else:
        lines += [
            f"  Secret      {SECRET_NAME} in {_where_the_secret_stands()}",
            "  A sample    visitor-desk simulate --visitors 3",
        ]
    typer.echo("\n".join([*lines, "", "  Ctrl-C stops it.", ""]))


def simulate(
    *,
    url: Annotated[str, typer.Option(help="Webhook address; default: this receiver's.")] = "",
    visitors: Annotated[
        int | None, typer.Option(min=1, help="How many people to play; default: no end.")
    ] = None,
    rate: Annotated[
        float | None, typer.Option(min=0.01, help="At most this many events a second.")
    ] = None,
    speed: Annotated[
        float, typer.Option(min=0, help="Seconds of the story per second; 0: as fast as possible.")
    ] = 20,
    seed: Annotated[int, typer.Option(help="The same seed plays the same story.")] = 1,
    shuffle: Annotated[bool, typer.Option(help="Deliver out of order.")] = False,
    duplicates: Annotated[
        float, typer.Option(min=0, max=1, help="Share of events that are sent twice.")
    ] = 0.0,
) -> None:
    """Play the part of Midbound: made-up people visit, and their events are signed and sent.

    Example: visitor-desk simulate --visitors 50 --speed 0 --shuffle --duplicates 0.1
    """
    from simulator.play import play

    chosen = Settings()
    if not chosen.midbound_cloud_webhook_secret:
        say(
            f"{SECRET_NAME} is not set. Set it: the receiver refuses events that are not signed "
            "with it."
        )
        raise typer.Exit(2)
    stop = asyncio.Event()

    async def run() -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        tally = await play(
            url=url or _receiver_url(chosen) + WEBHOOK_PATH,
            secret=chosen.midbound_cloud_webhook_secret[0].get_secret_value(),
            visitors=visitors,
            rate=rate,
            speed=speed,
            seed=seed,
            shuffle=shuffle,
            duplicates=duplicates,
            stop=stop,
        )
        typer.echo(
            f"sent {tally.sent}, stored {tally.stored}, duplicates {tally.duplicates}, "
            f"retried {tally.retried}, lost {tally.lost}"
        )
        if tally.lost:
            raise typer.Exit(1)

    asyncio.run(run())
