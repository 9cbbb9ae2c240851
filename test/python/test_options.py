"""Options of a client hold for each of its calls, and give way to those of the call."""

from __future__ import annotations

import datetime
import inspect
import unittest
import urllib.parse
from typing import Any, Callable

from fake import URL, Answer, Transport, Waits, client_of, lost, vxdata

EARLIER = "2026-01-01T00:00:00Z"
LATER = "2026-06-01T00:00:00Z"
GRANT = {"identifier": "a", "grantee_type": "user", "grantee_id": "u"}
SUCCEEDED = {"id": "e", "state": "succeeded", "url": f"{URL}/file", "fault": None}
ADDRESS = {"url": f"{URL}/bucket/k", "path": "k", "headers": {}, "expires_at": LATER}
FINALIZED = {"path": "k", "size_bytes": 1, "content_type": None, "sha256": None}
PAGE = {"results": [], "next_cursor": None, "limit": None}

Calling = Callable[..., Any]

READS: dict[str, tuple[Calling, Any]] = {
    "read": (lambda c, **o: c.read(["a"], **o), []),
    "get": (lambda c, **o: c.get("a", **o), []),
    "history": (lambda c, **o: c.history("a", **o), []),
    "versions": (lambda c, **o: c.versions("a", **o).all(), PAGE),
    "diff": (lambda c, **o: c.diff("a", 1, 2, **o), {}),
    "read_grants": (lambda c, **o: c.read_grants(["a"], **o), []),
    "query": (lambda c, **o: c.query({}, **o).all(), PAGE),
    "query_page": (lambda c, **o: c.query_page({}, **o), PAGE),
    "count": (lambda c, **o: c.count({}, **o), {"count": 1}),
    "explain": (lambda c, **o: c.explain({}, **o), {}),
    "parquet": (lambda c, **o: c.parquet({}, **o).read(), {}),
    "resolve_patients": (lambda c, **o: c.resolve_patients([{}], **o), {"identifiers": ["a"]}),
    "resolve_studies": (lambda c, **o: c.resolve_studies([{}], **o), {"identifiers": ["a"]}),
    "children": (lambda c, **o: c.children("a", **o).all(), []),
    "parents": (lambda c, **o: c.parents("a", **o), []),
    "lineage": (lambda c, **o: c.lineage("a", **o), {}),
    "provenance": (lambda c, **o: c.provenance("a", **o), {}),
    "changes": (lambda c, **o: c.changes(**o), {}),
    "follow": (lambda c, **o: next(c.follow(**o).pages(), None), {"changes": [], "next": "1", "more": False}),
    "transaction": (lambda c, **o: c.transaction(1, **o), {}),
    "audit": (lambda c, **o: c.audit(**o).all(), {"transactions": [], "next": None}),
    "latest_artefact": (lambda c, **o: c.latest_artefact(repo="r", branch="b", path="p", **o), {}),
    "schemas": (lambda c, **o: c.schemas(**o), {}),
    "schema": (lambda c, **o: c.schema("image", **o), {}),
    "statistics": (lambda c, **o: c.statistics(**o), []),
    "detailed_statistics": (lambda c, **o: c.detailed_statistics("a", **o), {}),
    "all_detailed_statistics": (lambda c, **o: c.all_detailed_statistics(**o), []),
    "download_addresses": (
        lambda c, **o: c.download_addresses([{"path": "k"}], **o),
        {"urls": [ADDRESS]},
    ),
    "address": (lambda c, **o: c.address({"direction": "download", "path": "k"}, **o), ADDRESS),
    "preview_parquet": (lambda c, **o: c.preview_parquet("k", **o), {}),
    "download": (lambda c, **o: c.download("k", **o).read(), {"urls": [ADDRESS]}),
    "order_export": (lambda c, **o: c.order_export({}, **o), SUCCEEDED),
    "export": (lambda c, **o: c.export({}, **o).read(), SUCCEEDED),
}
"""Each call that answers about a state, and what is answered."""

OTHERS: dict[str, tuple[Calling, Any]] = {
    "create": (lambda c, **o: c.create([{}], **o), {"created": 1}),
    "update": (lambda c, **o: c.update({"a": {}}, **o), {"updated": 1}),
    "delete": (lambda c, **o: c.delete(["a"], **o), {"deleted": 1}),
    "create_grants": (lambda c, **o: c.create_grants([GRANT], **o), {"created": 1}),
    "delete_grants": (lambda c, **o: c.delete_grants([GRANT], **o), {"deleted": 1}),
    "register_patients": (lambda c, **o: c.register_patients([{}], **o), {"identifiers": ["a"]}),
    "register_studies": (lambda c, **o: c.register_studies([{}], **o), {"identifiers": ["a"]}),
    "register_schema": (lambda c, **o: c.register_schema("t", {}, **o), {}),
    "indexes": (lambda c, **o: c.indexes("t", **o), {}),
    "set_indexes": (lambda c, **o: c.set_indexes("t", {}, **o), {}),
    "refresh_views": (lambda c, **o: c.refresh_views(**o), {}),
    "health": (lambda c, **o: c.health(**o), {}),
    "ready": (lambda c, **o: c.ready(**o), {}),
    "bucket": (lambda c, **o: c.bucket(**o), {}),
    "upload_addresses": (lambda c, **o: c.upload_addresses([{}], **o), {"urls": [ADDRESS]}),
    "finalize": (lambda c, **o: c.finalize("k", **o), FINALIZED),
    "upload": (
        lambda c, **o: c.upload([vxdata.UploadFile("f", b"1")], group="g", **o),
        {"urls": [ADDRESS], **FINALIZED},
    ),
    "export_state": (lambda c, **o: c.export_state("e", **o), SUCCEEDED),
    "finish_export": (lambda c, **o: c.finish_export("e", **o), SUCCEEDED),
    "export_file": (lambda c, **o: c.export_file("e", **o).read(), SUCCEEDED),
    "request": (lambda c, **o: c.request("GET", "/x", **o), {}),
}
"""The other calls."""

CALLS = {**READS, **OTHERS}


def as_of_of(request: Any) -> Any:
    """Where a request says `as_of`: in its query, its body or an element of it."""
    parameters = urllib.parse.parse_qs(urllib.parse.urlsplit(request.full_url).query)
    if "as_of" in parameters:
        return parameters["as_of"][0]
    text = request.data or b""
    found = [each for each in (EARLIER, LATER) if each.encode() in text]
    return found[0] if found else None


class EveryCall(unittest.TestCase):
    def test_is_in_the_table_of_this_test(self) -> None:
        public = [name for name in vars(vxdata.Client) if not name.startswith("_")]
        self.assertEqual(sorted(CALLS), sorted(public))

    def test_that_reads_a_state_takes_that_of_the_client_unless_it_says_another(self) -> None:
        for name, (call, body) in READS.items():
            with self.subTest(name):
                transport = Transport(then=lambda _, body=body: Answer(body=body))
                client = client_of(transport, as_of=EARLIER)
                for options, expected in (
                    ({}, EARLIER),
                    ({"as_of": LATER}, LATER),
                    ({"as_of": None}, None),
                    ({"as_of": vxdata.UNSET}, EARLIER),
                ):
                    transport.sent.clear()
                    call(client, **options)
                    self.assertEqual(as_of_of(transport.sent[0]), expected)

    def test_that_writes_or_has_no_past_never_says_a_state(self) -> None:
        for name, (call, body) in OTHERS.items():
            with self.subTest(name):
                transport = Transport(then=lambda _, body=body: Answer(body=body))
                call(client_of(transport, as_of=EARLIER))
                self.assertEqual({as_of_of(request) for request in transport.sent}, {None})

    def test_takes_a_token_headers_a_timeout_and_a_fetch_of_its_own(self) -> None:
        for name, (call, body) in CALLS.items():
            with self.subTest(name):
                unused = Transport()
                transport = Transport(then=lambda _, body=body: Answer(body=body))
                client = client_of(unused, token="t1", headers={"x-a": "1", "x-b": "1"}, timeout=7)
                call(client, token="t2", headers={"X-B": "2"}, timeout=3, fetch=transport)
                first = transport.sent[0]
                self.assertEqual(first.get_header("Authorization"), "Bearer t2")
                self.assertEqual((first.get_header("X-a"), first.get_header("X-b")), ("1", "2"))
                self.assertEqual(set(transport.timeouts), {3})
                self.assertEqual(unused.sent, [])

    def test_takes_retries_and_listeners_of_its_own(self) -> None:
        for name, (call, body) in CALLS.items():
            with self.subTest(name):
                transport = Transport(lost(), then=lambda _, body=body: Answer(body=body))
                silent: list[Any] = []
                told: list[Any] = []
                client = client_of(
                    transport,
                    retries={"attempts": 1},
                    on_retry=silent.append,
                    on_answer=silent.append,
                )
                call(client, retries={"attempts": 2}, on_retry=told.append, on_answer=told.append)
                self.assertEqual(silent, [])
                self.assertIsInstance(told[0], vxdata.RetryNotice)
                self.assertEqual(told[1].attempts, 2)
                transport = Transport(lost())
                with self.assertRaises(vxdata.ConnectionError):
                    call(client, fetch=transport)
                self.assertEqual(len(transport.sent), 1)

    def test_that_writes_takes_a_key_and_others_a_bookmark_of_their_own(self) -> None:
        for name, (call, body) in CALLS.items():
            with self.subTest(name):
                transport = Transport(then=lambda _, body=body: Answer(body=body))
                call(client_of(transport), idempotency_key="mine", bookmark="here")
                first = transport.sent[0]
                key = first.get_header("Idempotency-key")
                bookmark = first.get_header("X-d1-bookmark")
                self.assertIn((key, bookmark), [("mine", None), (None, "here"), (None, None)])
                plain = name == "refresh_views"
                self.assertEqual((key, bookmark) == (None, None), plain)

    def test_that_writes_takes_a_reason_and_no_other(self) -> None:
        for name, (call, body) in CALLS.items():
            with self.subTest(name):
                transport = Transport(then=lambda _, body=body: Answer(body=body))
                call(client_of(transport, reason="Straße"), bookmark="here")
                first = transport.sent[0]
                is_write = first.get_header("Idempotency-key") is not None
                expected = "UTF-8''Stra%C3%9Fe" if is_write else None
                self.assertEqual(first.get_header("X-reason"), expected)

    def test_refuses_options_that_nobody_knows(self) -> None:
        for name, (call, _) in CALLS.items():
            with self.subTest(name), self.assertRaises(TypeError):
                call(client_of(Transport()), asof=EARLIER)

    def test_has_a_description(self) -> None:
        for name in CALLS:
            self.assertTrue(inspect.getdoc(getattr(vxdata.Client, name)), name)


class Client(unittest.TestCase):
    def test_refuses_options_of_calls_and_unknown_ones(self) -> None:
        for options in ({"asof": EARLIER}, {"idempotency_key": "k"}, {"bookmark": "b"}):
            with self.subTest(options), self.assertRaises(TypeError):
                vxdata.Client(URL, **options)

    def test_refuses_values_that_cannot_be_meant(self) -> None:
        for options in ({"timeout": -1}, {"timeout": None}, {"as_of": datetime.datetime.now()}):
            with self.subTest(options), self.assertRaises(ValueError):
                vxdata.Client(URL, **options)
        for options in ({"as_of": 5}, {"retries": {"attempt": 5}}):
            with self.subTest(options), self.assertRaises(TypeError):
                vxdata.Client(URL, **options)
        for url in ("data.example.org", "file:///etc/passwd", ""):
            with self.subTest(url), self.assertRaises(ValueError):
                vxdata.Client(url)

    def test_sends_instants_of_any_zone_to_the_microsecond(self) -> None:
        transport = Transport(Answer(body={"count": 0}))
        zone = datetime.timezone(datetime.timedelta(hours=1))
        instant = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=zone)
        client_of(transport, as_of=instant).count({})
        self.assertEqual(transport.bodies(), [{"as_of": "2026-01-02T03:04:05.678901+01:00"}])

    def test_lets_the_query_itself_say_its_state_before_all_others(self) -> None:
        transport = Transport(then=lambda _: Answer(body={"count": 0}))
        client = client_of(transport, as_of=EARLIER)
        client.count({"as_of": LATER})
        client.count({"as_of": None}, as_of=LATER)
        client.count({"as_of": vxdata.UNSET}, as_of=LATER)
        self.assertEqual([body["as_of"] for body in transport.bodies()], [LATER, None, LATER])

    def test_carries_the_newest_bookmark_to_reads_and_to_nothing_else(self) -> None:
        marks = iter(["0002", "0001", "0003", "0003", "0003", "0003"])
        body = {"count": 0, "created": 0}
        transport = Transport(
            then=lambda _: Answer(body=body, headers={"x-d1-bookmark": next(marks)})
        )
        client = client_of(transport)
        client.count({})
        client.count({})
        client.count({})
        client.create([])
        client.count({}, bookmark=None)
        client.count({}, bookmark=vxdata.UNSET)
        carried = [None, "0002", "0002", None, None, "0003"]
        self.assertEqual(transport.header("x-d1-bookmark"), carried)

    def test_gives_the_bucket_neither_token_nor_header(self) -> None:
        answers = [Answer(body={"urls": [ADDRESS]}), Answer(body=b"bytes")]
        transport = Transport(*answers)
        client = client_of(transport, headers={"x-secret": "1"})
        self.assertEqual(client.download("k").read(), b"bytes")
        self.assertEqual(transport.header("authorization"), ["Bearer t0", None])
        self.assertEqual(transport.header("x-secret"), ["1", None])

    def test_asks_for_no_token_for_the_bucket(self) -> None:
        asked: list[bool] = []
        transport = Transport(Answer(body={"urls": [ADDRESS]}), Answer(401))
        client = client_of(transport, token=lambda renew: str(asked.append(renew)))
        with self.assertRaises(vxdata.ProblemError):
            client.download("k")
        self.assertEqual(asked, [False])

    def test_asks_for_addresses_of_uploads_in_no_state(self) -> None:
        transport = Transport(Answer(body=ADDRESS))
        client_of(transport, as_of=EARLIER).address({"direction": "upload"})
        self.assertEqual(transport.bodies(), [{"direction": "upload"}])

    def test_takes_0_as_no_bound_of_time(self) -> None:
        transport = Transport(Answer())
        client_of(transport, timeout=0).health()
        self.assertEqual(transport.timeouts, [None])

    def test_has_no_bound_but_the_silence_of_a_long_poll(self) -> None:
        page = {"changes": [{}], "next": "1", "more": True}
        waits = []
        for timeout in (60, 10, 3, 0):
            transport = Transport(Answer(body=page))
            next(iter(client_of(transport, timeout=timeout).follow()))
            query = urllib.parse.urlsplit(transport.sent[0].full_url).query
            waits.append(urllib.parse.parse_qs(query)["wait"][0])
        self.assertEqual(waits, ["25", "5", "1", "25"])

    def test_may_be_made_without_a_token(self) -> None:
        transport = Transport(Answer())
        vxdata.Client(URL, fetch=transport, clock=Waits().clock).health()
        self.assertEqual(transport.header("authorization"), [None])


if __name__ == "__main__":
    unittest.main()
