"""A transport that answers what a test says, and a clock that does not wait."""

from __future__ import annotations

import email.message
import http.client
import io
import json
import os
import sys
from collections.abc import Iterator
from typing import Any, Callable

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../clients/python"))

import vxdata

URL = "http://data.example.org"


class Answer:
    """An answer as http.client gives it. `breaks_after` bytes the connection is lost."""

    def __init__(
        self,
        status: int = 200,
        body: Any = b"{}",
        headers: dict[str, str] | None = None,
        breaks_after: int | None = None,
    ) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.status = status
        self.headers = email.message.Message()
        for name, value in {"content-length": str(len(content)), **(headers or {})}.items():
            self.headers[name] = value
        self.closed = False
        self._bytes = io.BytesIO(content[:breaks_after])

    def read1(self, size: int) -> bytes:
        return self._bytes.read1(size)

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


class Transport:
    """A fetch that gives the next answer, or raises it, and remembers what was sent."""

    def __init__(self, *answers: Any, then: Any = None) -> None:
        self._answers: Iterator[Any] = iter(answers)
        self._then = then
        self.sent: list[Any] = []
        self.timeouts: list[float | None] = []

    def __call__(self, request: Any, timeout: float | None = None) -> Any:
        if request.data is not None and not isinstance(request.data, bytes):
            # Setting `data` would take the promised length away.
            request._data = b"".join(request.data)
        self.sent.append(request)
        self.timeouts.append(timeout)
        answer = next(self._answers, self._then)
        answer = answer(request) if callable(answer) else answer
        if answer is None:
            raise AssertionError(f"nothing more was to be sent: {request.full_url}")
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def header(self, name: str) -> list[str | None]:
        """What each request said in a header."""
        return [request.get_header(name.capitalize()) for request in self.sent]

    def bodies(self) -> list[Any]:
        """The JSON that each request sent."""
        return [json.loads(request.data) for request in self.sent]


class Waits:
    """A clock whose sleeps are noted, and pass at once."""

    def __init__(self, chance: float = 1.0) -> None:
        self.waited: list[float] = []
        self.clock = vxdata.Clock(
            now=lambda: sum(self.waited), random=lambda: chance, sleep=self.waited.append
        )


def client_of(transport: Callable[..., Any], **options: Any) -> vxdata.Client:
    """A client over a transport, which does not wait."""
    clock = options.pop("clock", Waits().clock)
    return vxdata.Client(URL, clock=clock, **{"fetch": transport, "token": "t0", **options})


def problem(status: int, code: str, **members: Any) -> Answer:
    """A problem document."""
    headers = members.pop("headers", {})
    return Answer(
        status, {"status": status, "code": code, "detail": "So it is.", **members}, headers
    )


def lost() -> Exception:
    """A connection that was lost while its answer was waited for."""
    return http.client.RemoteDisconnected("Remote end closed connection without response")
