"""How the peers are served: by the same server, set up as the receiver's."""

import os
from typing import Any

import uvicorn


def serve(app: Any) -> None:
    """Serve an app on 127.0.0.1 at `RECEIVER_PORT` until SIGTERM."""
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=int(os.environ["RECEIVER_PORT"]),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
