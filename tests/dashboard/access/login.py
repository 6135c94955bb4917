"""A login as tests set it up: its settings, and cookies as `st.login` writes them."""

import json
import time
from typing import Any

from streamlit.web.server.starlette.starlette_app_utils import create_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

COOKIE_SECRET = "a secret for tests only, long enough"
LOGIN = {
    "dashboard_url": "http://localhost:8501",
    "oidc_metadata_url": "http://localhost:9400/.well-known/openid-configuration",
    "oidc_client_id": "visitor-desk",
    "oidc_client_secret": "made up",
    "dashboard_cookie_secret": COOKIE_SECRET,
    "role_ops": "ops@example.com",
}


def claims(email: str = "ops@example.com", **others: Any) -> dict[str, Any]:
    """What a provider says of somebody who has just signed in."""
    said = {"iss": "http://localhost:9400", "sub": email, "email": email, "iat": int(time.time())}
    return said | {"is_logged_in": True, "origin": LOGIN["dashboard_url"]} | others


def cookie(said: dict[str, Any], secret: str = COOKIE_SECRET) -> dict[str, str]:
    """The cookie of somebody of whom a provider said so, as a request's header."""
    signed = create_signed_value(secret, USER_COOKIE_NAME, json.dumps(said)).decode()
    return {"cookie": f"{USER_COOKIE_NAME}={signed}"}
