"""What the receiver answers, as an OpenAPI document: `create_app(…).openapi()`.

It is not served, because the edge should tell strangers nothing. Tests query a running receiver
according to it, so that it stays true, and whoever puts a gateway in front can print it.
"""

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI

from receiver.verify import ID, SIGNATURE, TIMESTAMP
from receiver.webhook import WEBHOOK

Json = dict[str, Any]
Responses = dict[int | str, Json]


def _object(**properties: Json) -> Json:
    """An object that has these properties, all of them, and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _one_of(*words: str) -> Json:
    return {"type": "string", "enum": list(words)}


def _answer(description: str, schema: Json, **headers: Json) -> Json:
    described = {name: {"required": True, "schema": value} for name, value in headers.items()}
    return {
        "description": description,
        "content": {"application/json": {"schema": schema}},
        **({"headers": described} if described else {}),
    }


_DETAIL: Json = {"type": "string", "description": "What was wrong and what to do."}
_DATABASE = _one_of("ok", "away")
_REFUSAL = _object(detail=_DETAIL)
_TEXT: Json = {"text/plain": {"schema": {"type": "string"}}}
_SECONDS: Json = {"type": "integer", "minimum": 1}
_NO_HTTP: Json = {"description": "The request is not HTTP.", "content": _TEXT}

HEALTHZ: Responses = {
    200: _answer("The process lives.", _object(status=_one_of("alive"))),
    400: _NO_HTTP,
}
READYZ: Responses = {
    200: _answer(
        "It can keep events. There is a `reason` if the database needs attention and will not "
        "come back by itself, if it refuses writes, or if the data can't be derived again after "
        "an upgrade.",
        _object(status=_one_of("ready"), database=_DATABASE)
        | {
            "properties": {
                "status": _one_of("ready"),
                "database": _DATABASE,
                "reason": {"type": "string"},
            }
        },
    ),
    400: _NO_HTTP,
    503: _answer(
        "It can't: the database is away and the spool has no room, or a part of the receiver "
        "keeps failing.",
        _object(detail=_DETAIL, database=_DATABASE),
        **{"Retry-After": _SECONDS},
    ),
}
METRICS: Responses = {
    200: {"description": "Counts in Prometheus's text format.", "content": _TEXT},
    400: _NO_HTTP,
    421: _answer("The host name is not among ALLOWED_HOSTS.", _REFUSAL),
}


def _header(name: str, description: str, **schema: Any) -> Json:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": description,
        "schema": {"type": "string", **schema},
    }


_POST: Json = {
    "summary": "Receive an event.",
    "description": "Signed as Standard Webhooks defines, with one of the receiver's secrets. "
    "Whatever is signed is kept, whatever it says: its meaning is read later.",
    "operationId": "post_webhook",
    "parameters": [
        _header(ID, "Identifies the event; the same at each attempt.", minLength=1, maxLength=255),
        _header(TIMESTAMP, "Unix seconds; at most 5 minutes off.", pattern="^[0-9]{1,12}$"),
        _header(SIGNATURE, "One or more of v1,BASE64, separated by spaces.", minLength=1),
    ],
    "requestBody": {
        "required": True,
        "description": "UTF-8; the exact bytes are what is signed.",
        "content": {"application/json": {"schema": {}}},
    },
    "responses": {
        "200": _answer(
            "It is on disk: in the database (now, or already before), or in the spool.",
            _object(status=_one_of("stored", "duplicate", "spooled")),
        ),
        "400": _NO_HTTP,
        "401": _answer("It can't be proved to be from Midbound, or it is too old.", _REFUSAL),
        "408": _answer("The body did not arrive in time.", _REFUSAL),
        "413": _answer("The body is larger than MAX_BODY_BYTES.", _REFUSAL),
        "503": _answer("It can't be kept right now.", _REFUSAL, **{"Retry-After": _SECONDS}),
    },
}


class Described(FastAPI):
    """FastAPI that also describes the webhook, which is answered before any of its own routes."""

    def openapi(self) -> Json:
        """The document; made once."""
        self.version = version("visitor-desk")
        document = super().openapi()
        document["paths"][WEBHOOK] = {"post": _POST}
        return document
