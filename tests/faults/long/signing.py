"""For schemathesis (`SCHEMATHESIS_HOOKS`): every other request is signed, as Midbound does.

One that is not gets no further than that, and the rest of the receiver is to be asked, too.
"""

import itertools

import schemathesis
from requests import PreparedRequest
from requests.auth import AuthBase

from tests.faults.long.bad_requests import SIGNED
from tests.receiver.midbound import Posting, headers


class Signing(AuthBase):
    """Signs the body as it is sent, under the id that was made up, where no header is missing."""

    def __init__(self) -> None:
        self._turns = itertools.count()

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Mend the headers, every other time."""
        if all(name in request.headers for name in SIGNED) and next(self._turns) % 2:
            body = request.body or b""
            body = body.encode() if isinstance(body, str) else body
            assert isinstance(body, bytes)
            request.headers.update(headers(Posting(str(request.headers[SIGNED[0]]), body)))
        return request


schemathesis.auth.set_from_requests(Signing())  # type: ignore[attr-defined] # as documented
