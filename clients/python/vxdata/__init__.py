"""The Python client of vxdata: Python 3.9 or newer, the standard library only.

    import vxdata

    URL = "http://127.0.0.1:8787"
    token = vxdata.login_token(URL, email="admin@example.org", password="...")
    client = vxdata.Client(URL, token=token)
    for image in client.query({"payload_type": "image", "filters": {"modality": "CT"}}):
        print(image["identifier"], image["rows"])

Every option of a client (``as_of``, ``token``, ``timeout``, ``fetch``, ``retries``, ``reason``,
``headers``, ``on_retry``, ``on_answer``) can be said anew for each call. Calls that fail in passing are sent
again, writes too: each bears an Idempotency-Key, so that a repeat gets the first answer again and
does nothing. A client may be used by several threads at once.

The names are those of the TypeScript client, in snake_case. docs/python.md is a walk-through.
"""

from __future__ import annotations

import builtins
import collections
import concurrent.futures
import contextlib
import dataclasses
import datetime
import email.utils
import enum
import hashlib
import http.client
import importlib
import io
import json
import math
import mimetypes
import os
import random
import re
import shutil
import socket
import ssl
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import (
    TYPE_CHECKING,
    Any,
    BinaryIO,
    Callable,
    Generic,
    NamedTuple,
    TypedDict,
    TypeVar,
    Union,
)

from . import _html

if TYPE_CHECKING:
    from typing_extensions import Unpack

__version__ = "0.1.0"

# ---------------------------------------------------------------------------------------- errors


class VxdataError(Exception):
    """Every error of this client, but for arguments that are of no use (ValueError, TypeError)."""


class ConnectionError(VxdataError, builtins.ConnectionError):
    """The server could not be reached, or its answer broke off, as often as was tried."""


class TimeoutError(VxdataError, builtins.TimeoutError):
    """No answer came within ``timeout`` seconds, as often as was tried."""


@dataclasses.dataclass(frozen=True)
class ProblemElement:
    """One bad element of a request."""

    path: str
    """Dotted path of the member."""
    code: str
    detail: str
    """What was expected."""
    index: int | None = None
    """Position in the collection that was given, from 0."""
    identifier: str | None = None


_ELEMENTS_SHOWN = 3


class ProblemError(VxdataError):
    """The server answered, and said no (RFC 9457): nothing of the call was done."""

    def __init__(
        self,
        request: str,
        status: int,
        code: str,
        detail: str,
        errors: tuple[ProblemElement, ...] = (),
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(request, status, code, detail, errors, request_id, retry_after)
        self.request = request
        """Method and path of the call."""
        self.status = status
        self.code = code
        """The machine word, or ``http_<status>`` when the answer was no problem document."""
        self.detail = detail
        self.errors = errors
        """Every bad element; empty when the fault is not one of elements."""
        self.request_id = request_id
        """Names the request in the server's log."""
        self.retry_after = retry_after
        """Seconds after which a repeat makes sense, where the server says so."""

    def __str__(self) -> str:
        identity = "" if self.request_id is None else f" (request {self.request_id})"
        shown = self.errors[:_ELEMENTS_SHOWN]
        lines = "".join(f"\n  {element.path}: {element.detail}" for element in shown)
        return f"{self.request} answered {self.status} {self.code}: {self.detail}{identity}{lines}"


class InvalidRequestError(ProblemError):
    """The body is not well-formed JSON."""


class InvalidValueError(ProblemError):
    """A member is missing, of the wrong kind or out of bounds."""


class UnknownFieldError(ProblemError):
    """A member, field or column that nobody knows."""


class UnknownOperatorError(ProblemError):
    """A filter names an operator that does not exist."""


class UnknownPayloadTypeError(ProblemError):
    """No payload type has this name."""


class InvalidCursorError(ProblemError):
    """The cursor belongs to another query."""


class InvalidAsOfError(ProblemError):
    """``as_of`` is no instant, or lies in the future."""


class AlreadyExistsError(ProblemError):
    """An identifier is in use."""


class TombstonedError(ProblemError):
    """A new identifier belongs to a tombstone."""


class CycleError(ProblemError):
    """A resource would lie below itself or be derived from itself."""


class MissingReferenceError(ProblemError):
    """What a resource refers to does not exist."""


class NotFoundError(ProblemError):
    """What was addressed does not exist, or the caller may not see it."""


class UnauthenticatedError(ProblemError):
    """There is no token, or it is not accepted."""


class ForbiddenError(ProblemError):
    """Role and policies do not allow it."""


class ConflictError(ProblemError):
    """Other writers were faster, as often as was tried."""


class IdempotencyKeyReusedError(ProblemError):
    """The Idempotency-Key was used for another request."""


class InProgressError(ProblemError):
    """The same request is still being worked on."""


class TooLargeError(ProblemError):
    """The body, a collection or a filter is too large."""


class UnsupportedMediaTypeError(ProblemError):
    """The body is not declared as JSON."""


class MethodNotAllowedError(ProblemError):
    """The route exists with other methods."""


class RangeNotSatisfiableError(ProblemError):
    """No byte of the file lies in the range."""


class TooManyRequestsError(ProblemError):
    """Too many requests, as often as was tried."""


class UnavailableError(ProblemError):
    """The server is not available for now."""


class InternalError(ProblemError):
    """A defect of the server; its log knows ``request_id``."""


PROBLEM_CLASSES: Mapping[str, type[ProblemError]] = {
    "invalid_request": InvalidRequestError,
    "invalid_value": InvalidValueError,
    "unknown_field": UnknownFieldError,
    "unknown_operator": UnknownOperatorError,
    "unknown_payload_type": UnknownPayloadTypeError,
    "invalid_cursor": InvalidCursorError,
    "invalid_as_of": InvalidAsOfError,
    "already_exists": AlreadyExistsError,
    "tombstoned": TombstonedError,
    "cycle": CycleError,
    "missing_reference": MissingReferenceError,
    "not_found": NotFoundError,
    "unauthenticated": UnauthenticatedError,
    "forbidden": ForbiddenError,
    "conflict": ConflictError,
    "idempotency_key_reused": IdempotencyKeyReusedError,
    "in_progress": InProgressError,
    "too_large": TooLargeError,
    "unsupported_media_type": UnsupportedMediaTypeError,
    "method_not_allowed": MethodNotAllowedError,
    "range_not_satisfiable": RangeNotSatisfiableError,
    "too_many_requests": TooManyRequestsError,
    "unavailable": UnavailableError,
    "internal": InternalError,
}
"""The class of each machine word (docs/errors.md)."""


class BatchTooLargeError(VxdataError):
    """More was given than one call takes, and ``split`` was not said. Nothing was sent."""

    def __init__(self, calls: int) -> None:
        super().__init__(calls)
        self.calls = calls
        """Calls that it would take."""

    def __str__(self) -> str:
        return (
            f"This takes {self.calls} calls, each all or nothing, but not all of them together: "
            "say split=True to send them."
        )


class PartialBatchError(VxdataError):
    """A call of several failed (``__cause__``): those before it are done."""

    def __init__(self, done: int, total: int, reason: str) -> None:
        super().__init__(done, total, reason)
        self.done = done
        """Elements, from the first on, that are done."""
        self.total = total
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.done} of {self.total} elements are done, then: {self.reason}"


class ExportFailedError(VxdataError):
    """The server could not make the file."""


class UploadError(VxdataError):
    """An upload failed (``__cause__``); the files before and beside it that arrived are told."""

    def __init__(self, name: str, uploaded: tuple[Uploaded, ...], reason: str) -> None:
        super().__init__(name, uploaded, reason)
        self.name = name
        self.uploaded = uploaded
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


# --------------------------------------------------------------------------------------- options


class Unset(enum.Enum):
    """The type of ``UNSET``."""

    UNSET = "UNSET"


UNSET = Unset.UNSET
"""As an option of a call: as if it were not given, so that the client's own holds. ``None`` is an
answer of its own: ``as_of=None`` is now, ``token=None`` no token, ``bookmark=None`` none."""

Instant = Union[str, datetime.datetime]
"""An instant of the past: RFC 3339 with an offset, or a datetime with a time zone."""

Token = Union[str, Callable[[bool], str]]
"""A bearer token, or what gives one; called with True after the server refused the last one."""

Json = dict[str, Any]
"""A JSON object."""

Fetch = Callable[..., Any]
"""Sends a request: ``fetch(request, timeout=seconds)``, such as the ``open`` of an opener of
urllib.request, by which proxies, certificates and the like are chosen."""


class Retries(TypedDict, total=False):
    """When a call is tried again, and after how long."""

    attempts: int
    """Times that a call is tried in all; 1 tries it once. Default 4."""
    base_seconds: float
    """Longest wait before the first repeat; doubles with each. Default 0.5."""
    max_seconds: float
    """Longest wait that is chosen here; a ``Retry-After`` may be longer. Default 8."""
    within_seconds: float
    """No repeat begins later than this after the call. Default 120."""


RETRIES: Retries = {
    "attempts": 4,
    "base_seconds": 0.5,
    "max_seconds": 8.0,
    "within_seconds": 120.0,
}
"""What holds unless the client or the call says otherwise."""

TIMEOUT_SECONDS = 60.0
"""``timeout`` unless the client or the call says otherwise."""


@dataclasses.dataclass(frozen=True)
class RetryNotice:
    """Tells of a repeat."""

    request: str
    reason: str
    wait: float
    """Seconds until it is sent again."""


@dataclasses.dataclass(frozen=True)
class AnswerNotice:
    """What came with an answer."""

    request: str
    status: int
    request_id: str | None
    """Names the request in the server's log."""
    transaction: int | None
    """The transaction that a write made; None when nothing had to be written."""
    replayed: bool
    """An earlier sending of this very call had done the work."""
    attempts: int
    """Times that the call was sent."""


class SharedOptions(TypedDict, total=False):
    """What holds for every call of a client, and can be said anew for each."""

    as_of: Instant | Unset | None
    """Every read answers from the state of this instant; None: of now."""
    token: Token | Unset | None
    """None: no token."""
    timeout: float | Unset
    """Seconds for which the server may be silent, and for which an answer may take to come whole;
    0: no bound. A stream has no bound but silence."""
    fetch: Fetch | Unset
    retries: Retries | Unset
    """Members that are not given are those of the client."""
    reason: str | Unset | None
    """Of writes: why they are made, 1 to 1,024 characters, which their transactions keep."""
    headers: Mapping[str, str] | Unset
    """Further headers; those of the call come on top of the client's. Never sent to the bucket."""
    on_retry: Callable[[RetryNotice], Any] | Unset | None
    on_answer: Callable[[AnswerNotice], Any] | Unset | None


class CallOptions(SharedOptions, total=False):
    """Options of one call."""

    idempotency_key: str | Unset
    """Of a write; the client takes a random one otherwise."""
    bookmark: str | Unset | None
    """Of a read: see at least this state. The client carries the newest it met; None: none."""


@dataclasses.dataclass(frozen=True)
class Clock:
    """Time and chance, so that tests can stand in for them."""

    now: Callable[[], float] = time.monotonic
    """Seconds, never going back."""
    random: Callable[[], float] = random.random
    """From 0, below 1."""
    sleep: Callable[[float], None] = time.sleep


CLOCK = Clock()
"""The real ones."""


@dataclasses.dataclass(frozen=True)
class _Settled:
    """The options that a call runs under."""

    as_of: str | None
    token: Token | None
    timeout: float
    fetch: Fetch
    retries: Json
    """With every member of :class:`Retries`."""
    reason: str | None
    headers: Mapping[str, str]
    on_retry: Callable[[RetryNotice], Any] | None
    on_answer: Callable[[AnswerNotice], Any] | None
    idempotency_key: str | None
    bookmark: str | Unset | None


_SHARED_NAMES = frozenset(SharedOptions.__annotations__)
_CALL_NAMES = frozenset(CallOptions.__annotations__) | _SHARED_NAMES
_RETRY_NAMES = frozenset(Retries.__annotations__)


def _refuse_unknown(given: Iterable[str], known: Iterable[str], what: str) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise TypeError(f"unknown {what}: {', '.join(unknown)}; known: {', '.join(sorted(known))}")


def _given(options: Mapping[str, Any]) -> Json:
    return {name: value for name, value in options.items() if value is not UNSET}


def _instant_text(instant: Instant | None) -> str | None:
    """An instant as the API takes it."""
    if not isinstance(instant, datetime.datetime):
        if instant is None or isinstance(instant, str):
            return instant
        raise TypeError(f"expected an RFC 3339 text, a datetime or None, not {instant!r}")
    if instant.utcoffset() is None:
        raise ValueError(f"expected a datetime with a time zone, not {instant!r}")
    return instant.isoformat()


def _reason_header(reason: str) -> str:
    """The reason of a write as a header carries it: visible ASCII as it is, everything else as
    ``UTF-8''`` and percent-encoded UTF-8 (RFC 8187)."""
    plain = re.fullmatch(r"[!-~](?:[ -~]*[!-~])?", reason) is not None
    if plain and not reason.lower().startswith("utf-8'"):
        return reason
    return f"UTF-8''{urllib.parse.quote(reason, safe='')}"


def _settle(client: Mapping[str, Any], call: Mapping[str, Any]) -> _Settled:
    """Puts the options of a call over those of its client."""
    _refuse_unknown(call, _CALL_NAMES, "options")
    own, over = _given(client), _given(call)
    both = {**own, **over}
    retries: Json = {**RETRIES, **own.get("retries", {}), **over.get("retries", {})}
    _refuse_unknown(retries, _RETRY_NAMES, "retries")
    timeout = both.get("timeout", TIMEOUT_SECONDS)
    if not isinstance(timeout, (int, float)) or not 0 <= timeout < math.inf:
        raise ValueError(f"expected seconds from 0 (no bound) as timeout, not {timeout!r}")
    return _Settled(
        as_of=_instant_text(both.get("as_of")),
        token=both.get("token"),
        timeout=timeout,
        fetch=both["fetch"],
        retries=retries,
        reason=both.get("reason"),
        headers={**own.get("headers", {}), **over.get("headers", {})},
        on_retry=both.get("on_retry"),
        on_answer=both.get("on_answer"),
        idempotency_key=over.get("idempotency_key"),
        bookmark=over.get("bookmark", UNSET),
    )


# --------------------------------------------------------------------------------------- sending


class _AllAnswers(urllib.request.HTTPErrorProcessor):
    """Hands refusals and redirects on as they are: the API makes no redirects, and following one
    would take the token elsewhere."""

    def http_response(self, request: Any, response: Any) -> Any:
        return response

    https_response = http_response


def _default_fetch(url: str) -> Fetch:
    """The transport of clients that bring none. Certificates are read once, not for each call."""
    if not url.startswith("https:"):
        return urllib.request.build_opener(_AllAnswers).open
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return urllib.request.build_opener(
        _AllAnswers, urllib.request.HTTPSHandler(context=context)
    ).open


@dataclasses.dataclass(frozen=True)
class _Call:
    """A call before the options are put in."""

    method: str
    path: str
    """Without the query string, percent-encoded."""
    parameters: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """None leaves a parameter out."""
    body: bytes | None = None
    kind: str = "read"
    """``write`` bears an Idempotency-Key, ``read`` a bookmark, ``plain`` neither."""
    accept: str = "application/json"
    content_type: str = "application/json"
    once: bool = False
    """True: a repeat could do it twice."""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


class _Body:
    """The bytes of an answer. One that broke off raises; http.client takes it for an end."""

    def __init__(self, response: Any) -> None:
        length = response.headers.get("content-length") or ""
        self.response = response
        self._left = int(length) if length.isdigit() else None

    def read(self, size: int) -> bytes:
        piece: bytes = self.response.read1(size)
        if self._left is not None:
            self._left -= len(piece)
            if not piece and self._left > 0:
                raise http.client.IncompleteRead(piece, self._left)
        return piece

    def close(self) -> None:
        self.response.close()


_PIECE_BYTES = 1 << 16


def _read_all(response: Any, timeout: float) -> bytes:
    """The whole answer, unless it takes too long to come."""
    body = _Body(response)
    pieces: list[bytes] = []
    began = time.monotonic()
    while piece := body.read(_PIECE_BYTES):
        pieces.append(piece)
        if timeout > 0 and time.monotonic() - began > timeout:
            raise socket.timeout(f"the answer was not complete within {timeout:g} s")
    return b"".join(pieces)


_TRANSPORT_ERRORS = (OSError, http.client.HTTPException)


def _failure(name: str, error: BaseException, timeout: float) -> VxdataError:
    """The error of this client that an error of the transport stands for."""
    if isinstance(error, VxdataError):
        return error
    reason = getattr(error, "reason", error)
    if isinstance(reason, (socket.timeout, builtins.TimeoutError)):
        return TimeoutError(f"{name}: no answer within {timeout:g} s")
    return ConnectionError(f"{name}: {reason or type(reason).__name__}")


def _retry_after(value: str | None) -> float | None:
    """Seconds of a Retry-After header (RFC 9110: seconds or a date); None when unreadable."""
    if value is None:
        return None
    if re.fullmatch(r"[0-9]{1,9}", value.strip()):
        return float(value)
    try:
        date = email.utils.parsedate_to_datetime(value)
    except (TypeError, ValueError):
        return None
    aware = date if date.tzinfo is not None else date.replace(tzinfo=datetime.timezone.utc)
    return max(0.0, aware.timestamp() - time.time())


def _is_passing(error: VxdataError) -> bool:
    """True for a failure after which the same call may fare better."""
    if isinstance(error, (ConnectionError, TimeoutError)):
        cause = getattr(error.__cause__, "reason", error.__cause__)
        return not isinstance(cause, ssl.SSLCertVerificationError)
    if not isinstance(error, ProblemError):
        return False
    status = error.status
    if status in (408, 429) or status >= 500:
        return True
    return status == 409 and error.retry_after is not None


def _wait_seconds(repeat: int, retries: Json, chance: float, after: float | None) -> float:
    """Seconds before the repeat of a number (0 is the first): full jitter, so that clients which
    failed together come back apart, and never less than the server asks for."""
    bound: float = min(retries["max_seconds"], retries["base_seconds"] * 2.0**repeat)
    return max(after or 0.0, chance * bound)


def _text_or(value: Any, other: str | None) -> str | None:
    return value if isinstance(value, str) else other


def _element(value: Any) -> ProblemElement:
    members = value if isinstance(value, dict) else {}
    index, identifier = members.get("index"), members.get("identifier")
    return ProblemElement(
        path=_text_or(members.get("path"), "") or "",
        code=_text_or(members.get("code"), "") or "",
        detail=_text_or(members.get("detail"), "") or "",
        index=index if isinstance(index, int) else None,
        identifier=_text_or(identifier, None),
    )


_SENTENCES: Mapping[str, str] = {
    "LOGIN_BAD_CREDENTIALS": "Wrong e-mail address or password.",
    "REGISTER_USER_ALREADY_EXISTS": "There is an account with this e-mail address.",
    "UPDATE_USER_EMAIL_ALREADY_EXISTS": "There is an account with this e-mail address.",
}
"""Sentences for the machine words that account endpoints return as details."""


def _members_of_problem(content: bytes) -> Json:
    """The members of a refusal. The session endpoints answer a list, of which the first counts."""
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {**value[0], "detail": value[0].get("message")}
    return value if isinstance(value, dict) else {}


def _problem(name: str, status: int, headers: Any, content: bytes) -> ProblemError:
    """The error that a refusal stands for: of the class of its machine word. An answer that is no
    problem document (a proxy's page) gives its status."""
    members = _members_of_problem(content)
    word = members.get("code")
    code = word if isinstance(word, str) and word in PROBLEM_CLASSES else f"http_{status}"
    detail = _text_or(members.get("detail"), _text_or(members.get("title"), None))
    detail = _SENTENCES.get(detail, detail) if detail is not None else None
    errors = members.get("errors")
    return PROBLEM_CLASSES.get(code, ProblemError)(
        name,
        status,
        code,
        detail if detail is not None else "no details were given",
        tuple(_element(value) for value in errors) if isinstance(errors, list) else (),
        _text_or(members.get("request_id"), headers.get("x-request-id")),
        _retry_after(headers.get("retry-after")),
    )


def _notice(name: str, response: Any, attempts: int) -> AnswerNotice:
    headers = response.headers
    transaction = headers.get("x-transaction")
    return AnswerNotice(
        request=name,
        status=response.status,
        request_id=headers.get("x-request-id"),
        transaction=None if transaction is None else int(transaction),
        replayed=headers.get("idempotency-replayed") == "true",
        attempts=attempts,
    )


_T = TypeVar("_T")


def _attempt(
    name: str,
    settled: _Settled,
    request: urllib.request.Request,
    take: Callable[[Any], _T],
) -> tuple[Any, _T]:
    """One attempt: the answer and what was taken of it."""
    timeout = settled.timeout if settled.timeout > 0 else None
    try:
        try:
            response: Any = settled.fetch(request, timeout=timeout)
        except urllib.error.HTTPError as answered:
            # Of a fetch that makes errors of refusals.
            response = answered
        if not 200 <= response.status < 300:
            with response:
                content = _read_all(response, settled.timeout)
            raise _problem(name, response.status, response.headers, content)
        return response, take(response)
    except _TRANSPORT_ERRORS as error:
        raise _failure(name, error, settled.timeout) from error


def _persist(
    name: str,
    settled: _Settled,
    clock: Clock,
    attempt: Callable[[str | None], tuple[Any, _T]],
    once: bool = False,
) -> _T:
    """Repeats an attempt for as long as that makes sense and the options allow."""
    retries = settled.retries
    attempts = 1 if once else retries["attempts"]
    began = clock.now()
    repeats, sent, renewed, renew = 0, 0, False, False
    while True:
        # A token that cannot be had is the caller's own error, and not tried again here.
        token = settled.token(renew) if callable(settled.token) else settled.token
        sent += 1
        try:
            response, value = attempt(token)
        except VxdataError as error:
            refused = isinstance(error, ProblemError) and error.status == 401
            renew = refused and callable(settled.token) and not renewed
            if renew:
                renewed = True
                continue
            if not _is_passing(error):
                raise
            after = error.retry_after if isinstance(error, ProblemError) else None
            wait = _wait_seconds(repeats, retries, clock.random(), after)
            repeats += 1
            late = clock.now() + wait - began > retries["within_seconds"]
            if repeats >= attempts or late:
                raise
            if settled.on_retry is not None:
                settled.on_retry(RetryNotice(name, str(error), wait))
        else:
            if settled.on_answer is not None:
                settled.on_answer(_notice(name, response, sent))
            return value
        clock.sleep(wait)


class _Answer(NamedTuple):
    """An answer that has been read."""

    content: bytes
    headers: Any


def _parameter_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class _Sender:
    """Sends the calls of a client, and carries the newest bookmark that it met."""

    def __init__(self, url: str, clock: Clock, options: Mapping[str, Any]) -> None:
        if not re.match(r"https?://[^/]", url):
            raise ValueError(f"expected a URL that begins with http:// or https://, not {url!r}")
        self.clock = clock
        self._url = url.rstrip("/")
        given = _given(options)
        self._options = given if "fetch" in given else {**given, "fetch": _default_fetch(url)}
        self._bookmark = ""
        self._lock = threading.Lock()

    def settled(self, options: Mapping[str, Any]) -> _Settled:
        """Options as they hold for a call."""
        return _settle(self._options, options)

    def send(self, call: _Call, options: Mapping[str, Any]) -> _Answer:
        """Reads the whole answer; one that breaks off is asked for again."""
        timeout = self.settled(options).timeout

        def take(response: Any) -> _Answer:
            with response:
                return _Answer(_read_all(response, timeout), response.headers)

        return self._perform(call, options, take)

    def open(self, call: _Call, options: Mapping[str, Any]) -> _Body:
        """Gives the answer as it begins."""
        return self._perform(call, options, _Body)

    def _perform(self, call: _Call, options: Mapping[str, Any], take: Callable[[Any], _T]) -> _T:
        settled = self.settled(options)
        key = settled.idempotency_key or str(uuid.uuid4())
        given = {name: value for name, value in call.parameters.items() if value is not None}
        query = urllib.parse.urlencode({k: _parameter_text(v) for k, v in given.items()})
        url = f"{self._url}{call.path}{'?' if query else ''}{query}"

        def noting(response: Any) -> _T:
            self._note(response.headers.get("x-d1-bookmark") or "")
            return take(response)

        def attempt(token: str | None) -> tuple[Any, _T]:
            headers = self._headers(call, settled, token, key)
            request = urllib.request.Request(url, call.body, headers, method=call.method)
            return _attempt(call.name, settled, request, noting)

        return _persist(call.name, settled, self.clock, attempt, call.once)

    def _headers(
        self, call: _Call, settled: _Settled, token: str | None, key: str
    ) -> dict[str, str]:
        headers = {"accept": call.accept, "user-agent": f"vxdata-python/{__version__}"}
        if call.body is not None:
            headers["content-type"] = call.content_type
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        if call.kind == "write":
            headers["idempotency-key"] = key
            if settled.reason is not None:
                headers["x-reason"] = _reason_header(settled.reason)
        own = settled.bookmark
        bookmark = self._bookmark if isinstance(own, Unset) else (own or "")
        if call.kind == "read" and bookmark:
            headers["x-d1-bookmark"] = bookmark
        return {**headers, **{name.lower(): value for name, value in settled.headers.items()}}

    def _note(self, bookmark: str) -> None:
        # Bookmarks sort by age as text.
        with self._lock:
            self._bookmark = max(self._bookmark, bookmark)

    def open_file(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        options: Mapping[str, Any],
        content: Callable[[], Iterator[bytes]] | None = None,
    ) -> _Body:
        """Opens an address that is its own permission: no token and no header of the client's."""
        own = self.settled(options)
        # A large file takes its time: only the attempts bound how often it is sent.
        retries = {**own.retries, "within_seconds": math.inf} if content else own.retries
        settled = dataclasses.replace(own, token=None, retries=retries)
        # Without its query, which is the permission.
        name = f"{method} {url.split('?')[0]}"

        def attempt(_token: str | None) -> tuple[Any, _Body]:
            data: Any = None if content is None else content()
            request = urllib.request.Request(url, data, dict(headers), method=method)
            return _attempt(name, settled, request, _Body)

        return _persist(name, settled, self.clock, attempt)


class _Stream(io.RawIOBase):
    """Bytes as they come. Where a part can be asked for, a stream that breaks off goes on there."""

    def __init__(
        self, name: str, timeout: float, first: _Body, reopen: Callable[[int], _Body] | None
    ) -> None:
        super().__init__()
        self._name = name
        self._timeout = timeout
        self._body = first
        self._reopen = reopen
        self._read = 0
        self._resumed_at = -1

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            try:
                piece = self._body.read(len(buffer))
            except _TRANSPORT_ERRORS as error:
                self._resume(error)
                continue
            buffer[: len(piece)] = piece
            self._read += len(piece)
            return len(piece)

    def _resume(self, error: BaseException) -> None:
        # Twice at the same byte: that is no accident any more.
        if self._reopen is None or self._resumed_at == self._read:
            raise _failure(self._name, error, self._timeout) from error
        self._resumed_at = self._read
        self._body.close()
        self._body = self._reopen(self._read)

    def close(self) -> None:
        if not self.closed:
            self._body.close()
        super().close()


def _buffered(stream: _Stream) -> io.BufferedReader:
    return io.BufferedReader(stream, _PIECE_BYTES)


# --------------------------------------------------------------------------------------- batches

_ITEMS_MAX = 10_000
"""``batchItemsMax`` (docs/limits.md)."""
_BYTES_MAX = 32 * 1024 * 1024 - 4_096
"""``bodyBytesMax``, less room for the rest."""
_SOURCES_MAX = 100_000
"""``sourcesTouchedMax``."""


class _Part(NamedTuple):
    """Elements of one call, as JSON."""

    start: int
    items: list[bytes]


def _plain(value: Any) -> Any:
    """What JSON has no word for but means no doubt: instants and dates."""
    if isinstance(value, datetime.datetime):
        return _instant_text(value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    raise TypeError(f"expected what JSON can say, not {type(value).__name__}: {value!r}")


def _encode(value: Any) -> bytes:
    """A value as JSON. NaN and infinities are refused: JSON has no word for them."""
    options: Any = {"ensure_ascii": False, "allow_nan": False, "separators": (",", ":")}
    return json.dumps(value, default=_plain, **options).encode("utf-8")


def _parts(
    items: Sequence[bytes],
    items_max: int = _ITEMS_MAX,
    bytes_max: int = _BYTES_MAX,
    sources: Sequence[int] = (),
    sources_max: int = _SOURCES_MAX,
) -> list[_Part]:
    """Cuts elements into as few calls as the bounds allow, in order. ``sources``: how many each names."""
    parts = [_Part(0, [])]
    size = named = 0
    for index, item in enumerate(items):
        last = parts[-1].items
        own = sources[index] if sources else 0
        is_full = size + len(item) + 1 > bytes_max or named + own > sources_max
        if last and (len(last) >= items_max or is_full):
            last, size, named = [], 0, 0
            parts.append(_Part(index, last))
        last.append(item)
        size += len(item) + 1
        named += own
    return parts


def _count_sources(members: Any) -> int:
    """How many resources an element is to be derived from."""
    sources = members.get("derived_from") if isinstance(members, Mapping) else None
    return len(sources) if isinstance(sources, (list, tuple)) else 0


def _moved(error: ProblemError, offset: int) -> ProblemError:
    """The same error with the elements at other positions: of a part of what the caller gave."""

    def place(element: ProblemElement) -> ProblemElement:
        if element.index is None:
            return element
        collection, dot, rest = element.path.partition(".")
        number, _, member = rest.partition(".")
        index = element.index + offset
        if dot and number == str(element.index):
            path = f"{collection}.{index}{'.' if member else ''}{member}"
            return dataclasses.replace(element, index=index, path=path)
        return dataclasses.replace(element, index=index)

    request, status, code, detail, errors, *rest = error.args
    placed = tuple(place(element) for element in errors)
    return type(error)(request, status, code, detail, placed, *rest)


OnPart = Callable[[int, int], Any]
"""Told after each call of several: elements that are done, and all of them."""


def _send_parts(
    items: Sequence[bytes],
    split: bool,
    on_part: OnPart | None,
    options: Mapping[str, Any],
    send: Callable[[bytes, Mapping[str, Any]], _T],
    items_max: int = _ITEMS_MAX,
    sources: Sequence[int] = (),
) -> list[_T]:
    """Sends elements in one call, or in several where it takes them and the caller agreed."""
    parts = _parts(items, items_max, sources=sources)
    if len(parts) == 1:
        return [send(b",".join(parts[0].items), options)]
    if not split:
        raise BatchTooLargeError(len(parts))
    key = _given(options).get("idempotency_key")
    answers: list[_T] = []
    for number, part in enumerate(parts):
        own = options if key is None else {**options, "idempotency_key": f"{key}.{number}"}
        try:
            answers.append(send(b",".join(part.items), own))
        except VxdataError as error:
            if part.start == 0:
                raise
            placed = _moved(error, part.start) if isinstance(error, ProblemError) else error
            raise PartialBatchError(part.start, len(items), str(placed)) from placed
        if on_part is not None:
            on_part(part.start + len(part.items), len(items))
    return answers


# ----------------------------------------------------------------------------------------- walks

Item = TypeVar("Item")
Page = TypeVar("Page")


class Walk(Generic[Item, Page]):
    """Pages of something, and what is on them one by one. Each walk asks anew."""

    def __init__(
        self, pages: Callable[[], Iterator[Page]], items_of: Callable[[Page], Iterable[Item]]
    ) -> None:
        self._pages = pages
        self._items_of = items_of

    def pages(self) -> Iterator[Page]:
        """Page by page, as the server gives them."""
        return self._pages()

    def __iter__(self) -> Iterator[Item]:
        for page in self._pages():
            yield from self._items_of(page)

    def all(self) -> list[Item]:
        """All items at once: for answers that fit into memory."""
        return list(self)


class QueryPage(TypedDict):
    """A page of a query, or of the versions of a resource."""

    results: list[Json]
    next_cursor: str | None
    """Leads to the next page; None on the last."""
    limit: int | None
    """The size that was asked for; None: the server's own."""


class Query(TypedDict, total=False):
    """What a query asks for (docs/query.md). In a walk ``limit`` is the size of a page."""

    payload_type: str | Sequence[str] | None
    filters: Mapping[str, Any] | None
    parent_identifier: str | None
    include_indirect_parents: bool
    identifiers: Sequence[str] | None
    select_columns: Sequence[str] | None
    sort_by: str
    sort_order: str
    limit: int | None
    as_of: Instant | None


QueryLike = Union[Query, Mapping[str, Any]]


def _with_as_of(asked: Mapping[str, Any], as_of: str | None) -> Json:
    """A body as the API takes it, of the state that it says itself or else of that of the call."""
    body: Json = dict(asked)
    if "as_of" in body and body["as_of"] is not UNSET:
        return {**body, "as_of": _instant_text(body["as_of"])}
    body.pop("as_of", None)
    return body if as_of is None else {**body, "as_of": as_of}


_METADATA_INSTANTS = frozenset({"created_at", "updated_at"})


def _is_instant(schema: Any) -> bool:
    if not isinstance(schema, dict):
        return False
    return schema.get("format") == "date-time" or any(map(_is_instant, schema.get("anyOf") or []))


def _instant_fields(schemas: Iterable[Any]) -> frozenset[str]:
    """Fields that hold instants in every one of the types that have them."""
    kinds: dict[str, list[bool]] = collections.defaultdict(list)
    for schema in schemas:
        for name, member in (schema.get("properties") or {}).items():
            kinds[name].append(_is_instant(member))
    return frozenset(name for name, held in kinds.items() if all(held)) | _METADATA_INSTANTS


class History(list[Json]):
    """Every version of a resource, the oldest first. A notebook shows it as a table, in which admins
    see the e-mail addresses of accounts, and others their own."""

    def __init__(
        self,
        versions: Iterable[Json],
        addresses: Callable[[Iterable[str]], Mapping[str, str]] = lambda _: {},
    ) -> None:
        super().__init__(versions)
        self._addresses = addresses

    def _repr_html_(self) -> str:
        principals = {each["transaction"]["principal"] for each in self}
        return _html.history(self, self._addresses(principals))


class Diff(dict[str, Any]):
    """What differs between two versions. A notebook shows it as a table."""

    def _repr_html_(self) -> str:
        return _html.diff(self)


class QueryWalk(Walk[Json, QueryPage]):
    """The walk of a query, which analysts can also have as a table."""

    def __init__(self, client: Client, query: QueryLike, options: CallOptions) -> None:
        self._client = client
        self._query: Json = dict(query)
        self._options = options
        super().__init__(self._ask, lambda page: page["results"])

    def _ask(self) -> Iterator[QueryPage]:
        cursor: str | None = None
        while True:
            page = self._client.query_page(self._query, cursor, **self._options)
            yield page
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def _repr_html_(self) -> str:
        """The first resources as a table, for notebooks. It takes one call."""
        page = self._client.query_page(
            {**self._query, "limit": _html.ROWS_MAX}, None, **self._options
        )
        return _html.resources(page["results"], page["next_cursor"] is not None)

    def _instants(self, rows: Iterable[Json]) -> frozenset[str]:
        types = {row["payload_type"] for row in rows}
        schemas = self._client.schemas(**self._options)
        return _instant_fields(schemas[each] for each in types if each in schemas)

    def to_polars(self) -> Any:
        """A polars DataFrame of all resources; polars has to be installed.

        Types are found over all rows. Instants are datetimes in UTC, missing values are null, lists
        stay lists and objects become structs.
        """
        polars: Any = importlib.import_module("polars")
        rows = self.all()
        if not rows:
            return polars.DataFrame({name: [] for name in self._columns()})
        frame = polars.DataFrame(rows, infer_schema_length=None)
        named = [name for name in self._instants(rows) if name in frame.columns]
        return frame.with_columns(
            polars.col(name).str.to_datetime(time_unit="us", time_zone="UTC") for name in named
        )

    def _columns(self) -> list[str]:
        chosen = self._query.get("select_columns") or ()
        return list(dict.fromkeys(["identifier", "payload_type", *chosen]))

    def to_pandas(self) -> Any:
        """A DataFrame of all resources; pandas 1.5 or newer has to be installed.

        Types are those that lose nothing: whole numbers stay whole beside missing ones (Int64),
        missing values are NA, instants are datetimes in UTC, lists and objects stay as they are.
        """
        pandas: Any = importlib.import_module("pandas")
        rows = self.all()
        if not rows:
            series = {name: pandas.Series(dtype="string") for name in self._columns()}
            return pandas.DataFrame(series)
        # Without a type of its own: pandas would make floats of whole numbers beside missing ones.
        frame = pandas.DataFrame(rows, dtype=object).convert_dtypes()
        # pandas 1 finds the format of each value by itself, pandas 2 wants to be told that it varies.
        is_first = int(pandas.__version__.split(".")[0]) < 2
        options = {"utc": True, **({} if is_first else {"format": "ISO8601"})}
        for name in self._instants(rows):
            if name in frame:
                # A string type of pandas 1.5 is not parsed in every version: plain objects are.
                frame[name] = pandas.to_datetime(frame[name].astype(object), **options)
        return frame

    def duckdb(self, connection: Any = None, table: str | None = None) -> Any:
        """A DuckDB relation over all resources, in one state and with the types of their fields;
        duckdb has to be installed.

        The rows become a temporary table of the connection (that of the module ``duckdb`` unless
        one is given) with the given name or one of its own; they come as Parquet and take no
        memory of Python's.
        """
        target: Any = importlib.import_module("duckdb") if connection is None else connection
        name = table if table is not None else f"vxdata_{uuid.uuid4().hex}"
        quoted = '"' + name.replace('"', '""') + '"'
        # Of a file, `limit` would bound the rows; of a walk it is the size of a page.
        asked = {key: value for key, value in self._query.items() if key != "limit"}
        with tempfile.TemporaryDirectory(prefix="vxdata-") as folder:
            path = os.path.join(folder, "rows.parquet")
            self._client._save_parquet(asked, path, self._options)
            target.execute(f"CREATE TEMP TABLE {quoted} AS SELECT * FROM read_parquet(?)", [path])
        return target.table(name)


# --------------------------------------------------------------------------------------- uploads


@dataclasses.dataclass(frozen=True)
class UploadFile:
    """A file to upload under a name of its own."""

    name: str
    data: str | os.PathLike[str] | bytes
    """Path of the file, or the bytes themselves."""
    content_type: str | None = None
    """Media type (RFC 9110); None: by the ending of the name."""


class UploadProgress(NamedTuple):
    """How far an upload is."""

    files: int
    """Files that were met so far."""
    files_done: int
    bytes_done: int
    """Bytes of the files that are done."""


class Uploaded(NamedTuple):
    """An object that was uploaded and checked."""

    name: str
    path: str
    """Its key: what a resource names in ``s3_path``."""
    size_bytes: int
    content_type: str | None
    sha256: str | None
    """Hexadecimal; None for a file too large for the server to read through."""


_ADDRESSES_MAX = 1_000
"""``addressesMax`` (docs/limits.md): items of one ``/s3/presign/batch``."""
_ADDRESSES_AT_ONCE = 50
"""URLs that an upload asks for at once. Few: each holds for a while only."""
_UPLOAD_ADDRESS_SECONDS = 6 * 3_600
"""For which a URL of an upload holds: 50 files over a slow line take their time."""
_HASHED_BYTES_MAX = 2_147_483_648
"""``hashedBytesMax``: what the server reads through for a digest."""
_CONTENT_TYPES = {".dcm": "application/dicom", ".parquet": "application/vnd.apache.parquet"}


def _content_type(name: str) -> str:
    """The media type that the ending of a name stands for."""
    ending = os.path.splitext(name)[1].lower()
    if ending in _CONTENT_TYPES:
        return _CONTENT_TYPES[ending]
    if ending == ".gz":
        return "application/gzip"
    kind, encoding = mimetypes.guess_type(name)
    return kind if kind is not None and encoding is None else "application/octet-stream"


class _Source:
    """A file on its way: it is read, and hashed while it is sent."""

    def __init__(self, file: str | os.PathLike[str] | UploadFile) -> None:
        if isinstance(file, UploadFile):
            self.name, self._data, content_type = file.name, file.data, file.content_type
        else:
            self.name, self._data, content_type = os.path.basename(file), file, None
        self.content_type = content_type or _content_type(self.name)
        data = self._data
        self.size = len(data) if isinstance(data, bytes) else os.path.getsize(data)
        self._hashed: str | None = None

    def _open(self) -> BinaryIO:
        return io.BytesIO(self._data) if isinstance(self._data, bytes) else open(self._data, "rb")

    def pieces(self) -> Iterator[bytes]:
        """The bytes from the start; the digest is known when all have been taken."""
        digest = hashlib.sha256()
        read = 0
        with self._open() as stream:
            while piece := stream.read(_PIECE_BYTES):
                digest.update(piece)
                read += len(piece)
                # More than was promised would break the connection; it is told below instead.
                if read <= self.size:
                    yield piece
        if read != self.size:
            raise VxdataError(f"{self.name} changed while it was read")
        self._hashed = digest.hexdigest()

    def sha256(self) -> str:
        """The digest of what was sent; read again where the server did not take all of it."""
        if self._hashed is None:
            for _ in self.pieces():
                pass
        assert self._hashed is not None
        return self._hashed


def _chunks(files: Iterable[_T], size: int) -> Iterator[list[_T]]:
    batch: list[_T] = []
    for file in files:
        batch.append(file)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


# ---------------------------------------------------------------------------------------- client

_WAIT_SECONDS = 25
"""Seconds of one long poll, where the timeout leaves room for them."""
_FIRST_LOOK_SECONDS = 0.1
_LOOK_SECONDS_MAX = 2.0


def _path_of(identifier: str) -> str:
    """Percent-encodes an identifier for a path. Its slashes stay readable, unless those on the way
    would take parts of it for steps up and down, and ask for another resource."""
    parts = identifier.split("/")
    if identifier in (".", ".."):
        raise ValueError(f"no path can name the identifier {identifier!r}")
    is_plain = not {"", ".", ".."}.intersection(parts)
    return urllib.parse.quote(identifier, safe="/" if is_plain else "")


def _next_cursor(headers: Any) -> str | None:
    """The cursor in the Link header to the next page; None on the last page."""
    target = re.search(r'<([^>]*)>;\s*rel="?next"?', headers.get("link") or "")
    if target is None:
        return None
    found = urllib.parse.parse_qs(urllib.parse.urlsplit(target.group(1)).query).get("cursor")
    return found[0] if found else None


def _json_of(name: str, content: bytes) -> Any:
    try:
        return json.loads(content) if content else None
    except ValueError as error:
        raise VxdataError(f"{name}: the answer is no JSON; is something in between?") from error


class Client:
    """A client of the catalogue. It holds no connection and no thread.

    :param url: where the API is served, e.g. ``https://data.example.org``.
    :param clock: time and chance; for tests.
    :param options: see :class:`SharedOptions`.
    """

    def __init__(
        self, url: str, *, clock: Clock | None = None, **options: Unpack[SharedOptions]
    ) -> None:
        _refuse_unknown(options, _SHARED_NAMES, "options")
        self._sender = _Sender(url, clock or CLOCK, options)
        # What is wrong is told here, and not at the first call.
        self._sender.settled({})

    # The four kinds of call.

    def _json(self, call: _Call, options: Mapping[str, Any]) -> Any:
        return _json_of(call.name, self._sender.send(call, options).content)

    def _ask(self, path: str, body: Json, options: Mapping[str, Any]) -> Any:
        """A read whose question is a body; ``as_of`` is put in."""
        placed = _with_as_of(body, self._sender.settled(options).as_of)
        return self._json(_Call("POST", path, body=_encode(placed)), options)

    def _get(self, path: str, parameters: Mapping[str, Any], options: Mapping[str, Any]) -> Any:
        """A read by GET; ``as_of`` is put in."""
        asked = {**parameters, "as_of": self._sender.settled(options).as_of}
        return self._json(_Call("GET", path, asked), options)

    def _look(self, path: str, options: Mapping[str, Any]) -> Any:
        """A read by GET of what has no past."""
        return self._json(_Call("GET", path), options)

    def _write(
        self,
        path: str,
        body: bytes,
        options: Mapping[str, Any],
        parameters: Mapping[str, Any] = {},
    ) -> Any:
        """A mutation, which bears an Idempotency-Key."""
        return self._json(_Call("POST", path, parameters, body, "write"), options)

    def request(
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, Any] | None = None,
        body: Any = None,
        kind: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Any:
        """Sends any call under the client's rules, and gives the JSON that was answered.

        ``kind`` is ``read`` (bears a bookmark; the default of GET), ``write`` (bears an
        Idempotency-Key; the default otherwise), or ``plain`` for calls that take none: other than
        by GET these are sent once, since a repeat could do them twice.
        """
        chosen = kind if kind is not None else ("read" if method == "GET" else "write")
        if chosen not in ("read", "write", "plain"):
            raise ValueError(f"expected read, write or plain as kind, not {kind!r}")
        content = None if body is None else _encode(body)
        once = chosen == "plain" and method != "GET"
        call = _Call(method, path, parameters or {}, content, chosen, once=once)
        return self._json(call, options)

    # Resources.

    def create(
        self,
        resources: Iterable[Mapping[str, Any]],
        *,
        split: bool = False,
        on_part: OnPart | None = None,
        **options: Unpack[CallOptions],
    ) -> Json:
        """Creates resources, parents and children in any order: ``{"created": n}``."""
        return self._collection(
            "/resources/create", "resources", "created", resources, split, on_part, options
        )

    def read(
        self,
        identifiers: Iterable[str],
        *,
        exclude_children: bool | None = None,
        split: bool = False,
        on_part: OnPart | None = None,
        **options: Unpack[CallOptions],
    ) -> list[Json]:
        """Reads resources in the order asked; missing and deleted ones are left out."""
        rest = {} if exclude_children is None else {"exclude_children": exclude_children}

        def send(items: bytes, own: Mapping[str, Any]) -> list[Json]:
            body = {"identifiers": json.loads(b"[%b]" % items), **rest}
            found: list[Json] = self._ask("/resources/read", body, own)
            return found

        items = [_encode(identifier) for identifier in identifiers]
        answers = _send_parts(items, split, on_part, options, send)
        return [resource for answer in answers for resource in answer]

    def get(self, identifier: str, **options: Unpack[CallOptions]) -> Json | None:
        """Reads one resource; None when there is none or the caller may not see it."""
        found = self.read([identifier], **options)
        return found[0] if found else None

    def update(
        self,
        updates: Mapping[str, Mapping[str, Any]],
        *,
        split: bool = False,
        on_part: OnPart | None = None,
        **options: Unpack[CallOptions],
    ) -> Json:
        """Changes members of resources by identifier, None clearing one: ``{"updated": n}``."""

        def send(items: bytes, own: Mapping[str, Any]) -> Json:
            answer: Json = self._write("/resources/update", b'{"updates":{%b}}' % items, own)
            return answer

        items = [_encode(name) + b":" + _encode(change) for name, change in updates.items()]
        sources = [_count_sources(change) for change in updates.values()]
        answers = _send_parts(items, split, on_part, options, send, sources=sources)
        return {"updated": sum(answer["updated"] for answer in answers)}

    def delete(
        self,
        identifiers: Iterable[str],
        *,
        cascade: bool | None = None,
        split: bool = False,
        on_part: OnPart | None = None,
        **options: Unpack[CallOptions],
    ) -> Json:
        """Makes tombstones of resources, and of what lies below them unless ``cascade`` is False:
        ``{"deleted": n}``."""
        rest = {} if cascade is None else {"cascade": cascade}
        path, name = "/resources/delete", "identifiers"
        return self._collection(path, name, "deleted", identifiers, split, on_part, options, rest)

    def _collection(
        self,
        path: str,
        name: str,
        counted: str,
        items: Iterable[Any],
        split: bool,
        on_part: OnPart | None,
        options: Mapping[str, Any],
        rest: Mapping[str, Any] = {},
    ) -> Json:
        """Writes a collection, and counts what was done."""
        others = b"".join(b",%b:%b" % (_encode(key), _encode(rest[key])) for key in rest)

        def send(part: bytes, own: Mapping[str, Any]) -> Json:
            body = b"{%b:[%b]%b}" % (_encode(name), part, others)
            answer: Json = self._write(path, body, own)
            return answer

        given = list(items)
        sources = [_count_sources(item) for item in given]
        encoded = [_encode(item) for item in given]
        answers = _send_parts(encoded, split, on_part, options, send, sources=sources)
        return {counted: sum(answer[counted] for answer in answers)}

    def history(self, identifier: str, **options: Unpack[CallOptions]) -> History:
        """Every version of a resource, the oldest first, tombstones included."""
        versions = self._ask("/resources/history", {"identifier": identifier}, options)
        return History(versions, self._account_addresses)

    def _account_addresses(self, principals: Iterable[str]) -> Mapping[str, str]:
        """E-mail addresses by principal, as far as the caller may know them."""
        found: dict[str, str] = {}
        try:
            me = self._json(_Call("GET", "/users/me"), {})
        except VxdataError:
            # A key has no account: identifiers are shown.
            return found
        for principal in principals:
            kind, _, id = principal.partition(":")
            if kind == "user" and id == me["id"]:
                found[principal] = me["email"]
            elif kind == "user" and me["role"] == "admin":
                # An account that is gone keeps its identifier.
                with contextlib.suppress(ProblemError):
                    path = f"/users/{urllib.parse.quote(id, safe='')}"
                    found[principal] = self._json(_Call("GET", path), {})["email"]
        return found

    def versions(
        self, identifier: str, *, limit: int = 1_000, **options: Unpack[CallOptions]
    ) -> Walk[Json, QueryPage]:
        """Walks these versions, ``limit`` of them on a page, in the one state that the first page
        saw: for histories that are too long to be kept in memory."""
        self._sender.settled(options)

        def pages() -> Iterator[QueryPage]:
            body: Json = {"identifier": identifier, "limit": limit}
            while True:
                page: QueryPage = self._ask("/resources/history", body, options)
                yield page
                if page["next_cursor"] is None:
                    return
                body = {**body, "cursor": page["next_cursor"]}

        return Walk(pages, lambda page: page["results"])

    def diff(
        self,
        identifier: str,
        from_: int | Instant,
        to: int | Instant,
        **options: Unpack[CallOptions],
    ) -> Diff:
        """What differs between two versions, given as numbers or instants."""
        body = {"identifier": identifier, "from": from_, "to": to}
        return Diff(self._ask("/resources/diff", body, options))

    def create_grants(
        self,
        grants: Iterable[Mapping[str, str]],
        *,
        split: bool = False,
        on_part: OnPart | None = None,
        **options: Unpack[CallOptions],
    ) -> Json:
        """Lets users, groups, projects or keys see restricted resources: ``{"created": n}``."""
        path = "/resources/grants/create"
        return self._collection(path, "grants", "created", grants, split, on_part, options)

    def read_grants(self, identifiers: Iterable[str], **options: Unpack[CallOptions]) -> list[Json]:
        """Who has access to resources."""
        body = {"identifiers": list(identifiers)}
        found: list[Json] = self._ask("/resources/grants/read", body, options)
        return found

    def delete_grants(
        self,
        grants: Iterable[Mapping[str, str]],
        *,
        split: bool = False,
        on_part: OnPart | None = None,
        **options: Unpack[CallOptions],
    ) -> Json:
        """Takes access back: ``{"deleted": n}``."""
        path = "/resources/grants/delete"
        return self._collection(path, "grants", "deleted", grants, split, on_part, options)

    # Queries.

    def query(self, query: QueryLike, **options: Unpack[CallOptions]) -> QueryWalk:
        """Walks all resources that the query finds, in the one state that its first page saw.

        The ``limit`` of the query is the size of a page, and no bound of the walk.
        """
        self._sender.settled(options)
        return QueryWalk(self, query, options)

    def query_page(
        self, query: QueryLike, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> QueryPage:
        """One page, from a cursor on."""
        asked: Json = {**query} if cursor is None else {**query, "cursor": cursor}
        page: QueryPage = self._ask("/query", asked, options)
        return page

    def count(self, query: QueryLike, **options: Unpack[CallOptions]) -> int:
        """How many resources the query finds."""
        return int(self._ask("/query/count", dict(query), options)["count"])

    def explain(self, query: QueryLike, **options: Unpack[CallOptions]) -> Json:
        """Which indexes the first page goes by; for admins also its cost, and what would help."""
        found: Json = self._ask("/query/explain", dict(query), options)
        return found

    def parquet(self, query: QueryLike, **options: Unpack[CallOptions]) -> io.BufferedReader:
        """All of them as one Parquet file, streamed; here ``limit`` bounds the rows.

        See ``export`` for a file whose stream goes on where it broke off.
        """
        settled = self._sender.settled(options)
        body = _encode(_with_as_of(query, settled.as_of))
        call = _Call("POST", "/query/parquet", body=body, accept="application/octet-stream")
        opened = self._sender.open(call, options)
        return _buffered(_Stream(call.name, settled.timeout, opened, None))

    def _save_parquet(self, query: QueryLike, path: str, options: CallOptions) -> None:
        """Saves the Parquet file; one that breaks off is asked for again."""
        attempts: int = self._sender.settled(options).retries["attempts"]
        for sent in range(1, attempts + 1):
            with self.parquet(query, **options) as stream, open(path, "wb") as file:
                try:
                    shutil.copyfileobj(stream, file, _PIECE_BYTES)
                    return
                except (ConnectionError, TimeoutError):
                    if sent >= attempts:
                        raise

    # Identifiers of patients and studies.

    def register_patients(
        self,
        patients: Iterable[Mapping[str, Any]],
        *,
        or_resolve: bool | None = None,
        split: bool = False,
        on_part: OnPart | None = None,
        **options: Unpack[CallOptions],
    ) -> list[str]:
        """Gives identifiers to patients (``datasource_id``, ``external_uid``, ``payload``), in the
        order given, and creates them; ``or_resolve`` answers what is known already."""
        return self._register("patients", patients, or_resolve, split, on_part, options)

    def resolve_patients(
        self,
        patients: Iterable[Mapping[str, Any]],
        *,
        split: bool = False,
        on_part: OnPart | None = None,
        **options: Unpack[CallOptions],
    ) -> list[str]:
        """The identifiers that patients were given."""
        return self._resolve("patients", patients, split, on_part, options)

    def register_studies(
        self,
        studies: Iterable[Mapping[str, Any]],
        *,
        or_resolve: bool | None = None,
        split: bool = False,
        on_part: OnPart | None = None,
        **options: Unpack[CallOptions],
    ) -> list[str]:
        """Gives identifiers to studies (``patient_identifier``, ``external_uid``, ``payload``), in
        the order given, and creates them; ``or_resolve`` answers what is known already."""
        return self._register("studies", studies, or_resolve, split, on_part, options)

    def resolve_studies(
        self,
        studies: Iterable[Mapping[str, Any]],
        *,
        split: bool = False,
        on_part: OnPart | None = None,
        **options: Unpack[CallOptions],
    ) -> list[str]:
        """The identifiers that studies were given."""
        return self._resolve("studies", studies, split, on_part, options)

    def _register(
        self,
        kind: str,
        items: Iterable[Mapping[str, Any]],
        or_resolve: bool | None,
        split: bool,
        on_part: OnPart | None,
        options: CallOptions,
    ) -> list[str]:
        def send(part: bytes, own: Mapping[str, Any]) -> list[str]:
            body = b'{"items":[%b]}' % part
            flag = {"or_resolve": or_resolve}
            given: list[str] = self._write(f"/{kind}/register", body, own, flag)["identifiers"]
            return given

        answers = _send_parts([_encode(item) for item in items], split, on_part, options, send)
        return [identifier for answer in answers for identifier in answer]

    def _resolve(
        self,
        kind: str,
        items: Iterable[Mapping[str, Any]],
        split: bool,
        on_part: OnPart | None,
        options: CallOptions,
    ) -> list[str]:
        asked = {"as_of": self._sender.settled(options).as_of}

        def send(part: bytes, own: Mapping[str, Any]) -> list[str]:
            call = _Call("POST", f"/{kind}/resolve", asked, b'{"items":[%b]}' % part)
            given: list[str] = self._json(call, own)["identifiers"]
            return given

        answers = _send_parts([_encode(item) for item in items], split, on_part, options, send)
        return [identifier for answer in answers for identifier in answer]

    # Lineage.

    def children(
        self,
        parent_identifier: str | None = None,
        *,
        with_payloads: bool | None = None,
        limit: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Walk[Json, list[Json]]:
        """Walks the direct children of a resource, or the roots, in one state; ``limit`` nodes on
        a page."""
        of = {
            "parent_identifier": parent_identifier,
            "with_payloads": with_payloads,
            "limit": limit,
            "as_of": self._sender.settled(options).as_of,
        }

        def pages() -> Iterator[list[Json]]:
            cursor: str | None = None
            while True:
                call = _Call("GET", "/children", {**of, "cursor": cursor})
                content, headers = self._sender.send(call, options)
                yield _json_of(call.name, content)
                cursor = _next_cursor(headers)
                if cursor is None:
                    return

        return Walk(pages, lambda page: page)

    def parents(self, identifier: str, **options: Unpack[CallOptions]) -> list[str]:
        """Ancestors, nearest first."""
        found: list[str] = self._get(f"/parents/{_path_of(identifier)}", {}, options)
        return found

    def lineage(
        self,
        identifier: str,
        *,
        direction: str | None = None,
        depth: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Json:
        """The graph of parents and derivations, ``up``, ``down`` or ``both``, to a ``depth``."""
        bounds = {"direction": direction, "depth": depth}
        found: Json = self._get(f"/lineage/{_path_of(identifier)}", bounds, options)
        return found

    def provenance(
        self,
        identifier: str,
        *,
        direction: str | None = None,
        depth: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Json:
        """The same graph in W3C PROV-JSON."""
        as_of = self._sender.settled(options).as_of
        bounds = {"direction": direction, "depth": depth, "as_of": as_of}
        path = f"/lineage/{_path_of(identifier)}"
        found: Json = self._json(
            _Call("GET", path, bounds, accept="application/prov+json"), options
        )
        return found

    # The change feed and the audit.

    def changes(
        self,
        after: str | None = None,
        *,
        limit: int | None = None,
        wait: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Json:
        """A page of the change feed, in the order of the commits, from ``next`` of the page before
        on; ``wait`` seconds for something new."""
        asked = {"after": after, "limit": limit, "wait": wait}
        found: Json = self._get("/changes", asked, options)
        return found

    def follow(
        self,
        after: str | None = None,
        *,
        limit: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Walk[Json, Json]:
        """Walks the feed, and waits for what is new, for ever; as of a past instant, to its end."""
        settled = self._sender.settled(options)
        room = settled.timeout - 5 if settled.timeout > 0 else _WAIT_SECONDS
        wait = max(1, min(_WAIT_SECONDS, int(room)))

        def pages() -> Iterator[Json]:
            place = after
            while True:
                page = self.changes(place, limit=limit, wait=wait, **options)
                yield page
                # Of a past state nothing new ever comes.
                if settled.as_of is not None and not page["more"]:
                    return
                place = page["next"]

        return Walk(pages, lambda page: page["changes"])

    def transaction(self, id: int, **options: Unpack[CallOptions]) -> Json:
        """Who made a transaction, and when."""
        found: Json = self._get(f"/transactions/{int(id)}", {}, options)
        return found

    def audit(
        self,
        *,
        order: str | None = None,
        limit: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Walk[Json, Json]:
        """Walks the audit, the newest first unless ``order`` is ``asc``; for admins."""

        def pages() -> Iterator[Json]:
            after: str | None = None
            while True:
                asked = {"order": order, "limit": limit, "after": after}
                page: Json = self._get("/admin/transactions", asked, options)
                yield page
                after = page["next"]
                if after is None:
                    return

        return Walk(pages, lambda page: page["transactions"])

    # Schemas, statistics, artefacts, the service.

    def latest_artefact(
        self, *, repo: str, branch: str, path: str, **options: Unpack[CallOptions]
    ) -> Json:
        """The newest succeeded artefact."""
        of = {"repo": repo, "branch": branch, "path": path}
        found: Json = self._get("/artefacts/latest", of, options)
        return found

    def schemas(self, **options: Unpack[CallOptions]) -> dict[str, Json]:
        """JSON Schemas of all payload types."""
        found: dict[str, Json] = self._get("/schemas", {}, options)
        return found

    def schema(
        self, payload_type: str, version: str | None = None, **options: Unpack[CallOptions]
    ) -> Json:
        """The JSON Schema of one, at its newest or a given version."""
        path = f"/schemas/{urllib.parse.quote(payload_type, safe='')}"
        found: Json = self._get(path, {"version": version}, options)
        return found

    def register_schema(
        self, payload_type: str, body: Mapping[str, Any], **options: Unpack[CallOptions]
    ) -> Json:
        """Registers a payload type, or its next version; for admins."""
        path = f"/schemas/{urllib.parse.quote(payload_type, safe='')}"
        call = _Call("PUT", path, body=_encode(body), kind="write")
        found: Json = self._json(call, options)
        return found

    def indexes(self, payload_type: str, **options: Unpack[CallOptions]) -> Json:
        """The indexed fields of a payload type, and how far each index is; for admins."""
        path = f"/schemas/{urllib.parse.quote(payload_type, safe='')}/indexes"
        found: Json = self._json(_Call("GET", path), options)
        return found

    def set_indexes(
        self, payload_type: str, body: Mapping[str, Any], **options: Unpack[CallOptions]
    ) -> Json:
        """Sets all fields of a payload type that are indexed; for admins."""
        path = f"/schemas/{urllib.parse.quote(payload_type, safe='')}/indexes"
        found: Json = self._json(_Call("PUT", path, body=_encode(body), kind="write"), options)
        return found

    def statistics(self, **options: Unpack[CallOptions]) -> list[Json]:
        """What lies below each datasource."""
        found: list[Json] = self._get("/datasources/stats", {}, options)
        return found

    def detailed_statistics(self, datasource: str, **options: Unpack[CallOptions]) -> Json:
        """The same by kind, of one datasource."""
        of = {"datasource_id": datasource}
        found: Json = self._get("/datasources/detailed-stats", of, options)
        return found

    def all_detailed_statistics(self, **options: Unpack[CallOptions]) -> list[Json]:
        """The same by kind, of all datasources."""
        found: list[Json] = self._get("/datasources/detailed-stats", {}, options)
        return found

    def refresh_views(self, *, full: bool = False, **options: Unpack[CallOptions]) -> Json:
        """Brings counts and statistics up to date now; for admins.

        With `full` all of them are recomputed, compared and replaced; the message says how many rows
        differed, and 0 is expected.
        """
        path = "/admin/materialized-views/refresh"
        body = _encode({"full": True}) if full else None
        found: Json = self._json(_Call("POST", path, body=body, kind="plain"), options)
        return found

    def health(self, **options: Unpack[CallOptions]) -> Json:
        """Answers when the server runs."""
        found: Json = self._look("/health", options)
        return found

    def ready(self, **options: Unpack[CallOptions]) -> Json:
        """Answers when the server can reach its database, and the database has every table."""
        found: Json = self._look("/ready", options)
        return found

    # Objects in the bucket.

    def bucket(self, **options: Unpack[CallOptions]) -> Json:
        """Endpoint and name of the bucket."""
        found: Json = self._look("/s3/config", options)
        return found

    def _presign(
        self,
        direction: str,
        items: Iterable[Mapping[str, Any]],
        split: bool,
        on_part: OnPart | None,
        options: Mapping[str, Any],
    ) -> list[Json]:
        def send(part: bytes, own: Mapping[str, Any]) -> list[Json]:
            body = b'{"direction":%b,"items":[%b]}' % (_encode(direction), part)
            call = _Call("POST", "/s3/presign/batch", body=body)
            urls: list[Json] = self._json(call, own)["urls"]
            return urls

        encoded = [_encode(item) for item in items]
        answers = _send_parts(encoded, split, on_part, options, send, _ADDRESSES_MAX)
        return [address for answer in answers for address in answer]

    def upload_addresses(
        self,
        items: Iterable[Mapping[str, Any]],
        *,
        split: bool = False,
        on_part: OnPart | None = None,
        **options: Unpack[CallOptions],
    ) -> list[Json]:
        """URLs to upload to, in order; all or none. ``upload`` does the rest as well."""
        return self._presign("upload", items, split, on_part, options)

    def download_addresses(
        self,
        items: Iterable[Mapping[str, Any]],
        *,
        split: bool = False,
        on_part: OnPart | None = None,
        **options: Unpack[CallOptions],
    ) -> list[Json]:
        """URLs to download from, in order; all or none."""
        as_of = self._sender.settled(options).as_of
        pinned = [_with_as_of(item, as_of) for item in items]
        return self._presign("download", pinned, split, on_part, options)

    def address(self, item: Mapping[str, Any], **options: Unpack[CallOptions]) -> Json:
        """One URL of either ``direction``."""
        as_of = self._sender.settled(options).as_of
        body = _with_as_of(item, as_of if item.get("direction") == "download" else None)
        found: Json = self._json(_Call("POST", "/s3/presign", body=_encode(body)), options)
        return found

    def finalize(
        self,
        path: str,
        *,
        size: int | None = None,
        sha256: str | None = None,
        xxhash: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Json:
        """Checks that an upload has arrived as promised."""
        claims = {"path": path, "size": size, "sha256": sha256, "xxhash": xxhash}
        body = {name: value for name, value in claims.items() if value is not None}
        found: Json = self._write("/s3/finalize", _encode(body), options)
        return found

    def preview_parquet(
        self,
        path: str,
        *,
        limit: int | None = None,
        offset: int | None = None,
        **options: Unpack[CallOptions],
    ) -> Json:
        """Rows of a Parquet file in the bucket."""
        of = {"path": path, "limit": limit, "offset": offset}
        found: Json = self._get("/s3/parquet", of, options)
        return found

    def download(
        self, path: str, *, offset: int = 0, **options: Unpack[CallOptions]
    ) -> io.BufferedReader:
        """The bytes of an object, from ``offset`` on; a stream that breaks off goes on there."""

        def url() -> str:
            found: str = self.download_addresses([{"path": path}], **options)[0]["url"]
            return found

        return self._file_from(url, offset, options)

    def _file_from(
        self, url: Callable[[], str], offset: int, options: CallOptions
    ) -> io.BufferedReader:
        """A file by its address, from ``offset`` on; its address is had anew when it breaks off."""
        if offset < 0:
            raise ValueError(f"expected an offset from 0 on, not {offset}")

        def open_at(read: int) -> _Body:
            place = offset + read
            headers = {"range": f"bytes={place}-"} if place else {}
            address = url()
            body = self._sender.open_file("GET", address, headers, options)
            if place and body.response.status != 206:
                body.close()
                raise VxdataError(f"GET {address.split('?')[0]}: gives no part of the file")
            return body

        timeout = self._sender.settled(options).timeout
        return _buffered(_Stream("the download", timeout, open_at(0), open_at))

    def upload(
        self,
        files: Iterable[str | os.PathLike[str] | UploadFile],
        *,
        group: str,
        concurrency: int = 4,
        on_progress: Callable[[UploadProgress], Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> list[Uploaded]:
        """Uploads files: asks for URLs in batches, hashes while it sends, and has each checked.

        :param files: paths, or :class:`UploadFile`; taken as they are needed.
        :param group: first segment of the keys, e.g. a project.
        :param concurrency: files under way at once.
        :param on_progress: told after each file, one at a time.
        :raises UploadError: when one fails; it tells which have arrived.
        """
        if concurrency < 1:
            raise ValueError(f"expected a concurrency from 1 on, not {concurrency}")
        uploaded: list[Uploaded] = []
        with concurrent.futures.ThreadPoolExecutor(concurrency) as pool:
            for batch in _chunks(files, _ADDRESSES_AT_ONCE):
                try:
                    sources = [_Source(file) for file in batch]
                    addresses = self._addresses_of(sources, group, options)
                except (VxdataError, OSError) as error:
                    if not uploaded:
                        raise
                    raise UploadError(str(batch[0]), tuple(uploaded), str(error)) from error
                met = len(uploaded) + len(sources)
                stop = threading.Event()
                sending = {
                    pool.submit(self._deliver_until, stop, source, address, options): source.name
                    for source, address in zip(sources, addresses)
                }
                self._finish_batch(sending, stop, uploaded, met, on_progress)
        return uploaded

    @staticmethod
    def _finish_batch(
        sending: Mapping[concurrent.futures.Future[Uploaded | None], str],
        stop: threading.Event,
        uploaded: list[Uploaded],
        met: int,
        on_progress: Callable[[UploadProgress], Any] | None,
    ) -> None:
        """Waits for files and adds them, in order. When one fails, none is begun any more, and
        those under way are waited for."""
        done = len(uploaded)
        size = sum(file.size_bytes for file in uploaded)
        try:
            for future in concurrent.futures.as_completed(sending):
                arrived = None if future.exception() is not None else future.result()
                if arrived is None:
                    break
                done += 1
                size += arrived.size_bytes
                if on_progress is not None:
                    on_progress(UploadProgress(met, done, size))
        finally:
            stop.set()
            concurrent.futures.wait(sending)
            fine = (future.result() for future in sending if future.exception() is None)
            uploaded.extend(file for file in fine if file is not None)
        for future, name in sending.items():
            error = future.exception()
            if error is not None:
                raise UploadError(name, tuple(uploaded), str(error)) from error

    def _addresses_of(
        self, sources: Iterable[_Source], group: str, options: CallOptions
    ) -> list[Json]:
        wanted = [
            {
                "filename": source.name,
                "group": group,
                "content_length": source.size,
                "content_type": source.content_type,
                "expires_in": _UPLOAD_ADDRESS_SECONDS,
            }
            for source in sources
        ]
        return self.upload_addresses(wanted, **options)

    def _deliver_until(
        self, stop: threading.Event, source: _Source, address: Json, options: CallOptions
    ) -> Uploaded | None:
        """Sends one file, unless another has failed."""
        if stop.is_set():
            return None
        try:
            return self._deliver(source, address, options)
        except BaseException:
            stop.set()
            raise

    def _deliver(self, source: _Source, address: Json, options: CallOptions) -> Uploaded:
        """Sends one file and has it checked."""
        try:
            self._sender.open_file(
                "PUT", address["url"], address["headers"], options, source.pieces
            ).close()
        except ProblemError as error:
            # An object can be made once: an earlier sending of this very file got through, which
            # the digest decides that is checked next.
            if error.status != 412:
                raise
        hashed = source.sha256() if source.size <= _HASHED_BYTES_MAX else None
        # One key cannot stand for several writes.
        own: CallOptions = {**options}
        own.pop("idempotency_key", None)
        arrived = self.finalize(address["path"], size=source.size, sha256=hashed, **own)
        return Uploaded(
            source.name,
            arrived["path"],
            arrived["size_bytes"],
            arrived["content_type"],
            arrived["sha256"],
        )

    # Exports.

    def order_export(
        self,
        query: QueryLike,
        format: str = "parquet",
        **options: Unpack[CallOptions],
    ) -> Json:
        """Orders a file of all that a query finds, and answers at once; ``limit`` bounds the rows.

        ``format`` is ``parquet``, ``csv`` or ``ndjson``.
        """
        asked = _with_as_of(query, self._sender.settled(options).as_of)
        body = _encode({"query": asked, "format": format})
        found: Json = self._write("/exports", body, options)
        return found

    def export_state(self, id: str, **options: Unpack[CallOptions]) -> Json:
        """How far an export is."""
        found: Json = self._look(f"/exports/{urllib.parse.quote(id, safe='')}", options)
        return found

    def finish_export(
        self,
        id: str,
        *,
        on_progress: Callable[[Json], Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> Json:
        """Waits until the file is complete; ``on_progress`` is told of each look at it."""
        wait = _FIRST_LOOK_SECONDS
        while True:
            seen = self.export_state(id, **options)
            if on_progress is not None:
                on_progress(seen)
            if seen["state"] == "succeeded":
                return seen
            if seen["state"] not in ("pending", "running"):
                reason = seen["fault"] or "there is no file"
                raise ExportFailedError(f"export {id} {seen['state']}: {reason}")
            self._sender.clock.sleep(wait)
            wait = min(_LOOK_SECONDS_MAX, wait * 1.5)

    def export_file(
        self,
        id: str,
        *,
        offset: int = 0,
        **options: Unpack[CallOptions],
    ) -> io.BufferedReader:
        """The file from ``offset`` on; a stream that breaks off goes on there, and an address that
        has run out is had anew."""

        def url() -> str:
            found: str = self.finish_export(id, **options)["url"]
            return found

        return self._file_from(url, offset, options)

    def export(
        self,
        query: QueryLike,
        format: str = "parquet",
        *,
        on_progress: Callable[[Json], Any] | None = None,
        **options: Unpack[CallOptions],
    ) -> io.BufferedReader:
        """Orders a file of all that a query finds, waits for it, and gives its bytes as a stream:
        read it, copy it into a file, or take it line by line."""
        id = self.order_export(query, format, **options)["id"]
        self.finish_export(id, on_progress=on_progress, **options)
        return self.export_file(id, **options)


# ----------------------------------------------------------------------------------------- login


def login(
    url: str,
    *,
    email: str | None = None,
    password: str | None = None,
    key: str | None = None,
    secret: str | None = None,
    **options: Unpack[SharedOptions],
) -> str:
    """Logs in by ``email`` and ``password`` or by the ``key`` and ``secret`` of an API key, and
    gives an access token.

    :raises ProblemError: when the server refuses the credentials.
    """
    sender = _Sender(url, CLOCK, options)
    if email is not None and password is not None and key is None and secret is None:
        form = urllib.parse.urlencode({"username": email, "password": password})
        call = _Call(
            "POST",
            "/auth/jwt/login",
            body=form.encode("ascii"),
            kind="plain",
            content_type="application/x-www-form-urlencoded",
        )
    elif key is not None and secret is not None and email is None and password is None:
        body = _encode({"method": "apk", "key": key, "secret": secret})
        call = _Call("POST", "/auth", body=body, kind="plain")
    else:
        raise TypeError("expected email and password, or key and secret")
    token: str = _json_of(call.name, sender.send(call, {}).content)["access_token"]
    return token


def login_token(
    url: str,
    *,
    email: str | None = None,
    password: str | None = None,
    key: str | None = None,
    secret: str | None = None,
    **options: Unpack[SharedOptions],
) -> Callable[[bool], str]:
    """A token for a client: logs in when it is first needed, and again when it has run out."""
    lock = threading.Lock()
    current: list[str] = []

    def token(renew: bool) -> str:
        with lock:
            if renew:
                current.clear()
            if not current:
                current.append(
                    login(url, email=email, password=password, key=key, secret=secret, **options)
                )
            return current[0]

    return token
