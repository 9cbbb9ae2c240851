"""What is sent again and what is not, and what refusals become."""

from __future__ import annotations

import builtins
import email.utils
import functools
import json
import os
import pickle
import re
import socket
import ssl
import threading
import time
import unittest
import urllib.error
import urllib.parse
from typing import Any

from fake import URL, Answer, Transport, Waits, client_of, lost, problem, vxdata

ROOT = os.path.join(os.path.dirname(__file__), "../..")
OK = {"created": 1, "count": 1}


def ok(*_: Any) -> Answer:
    return Answer(body=OK)


def page(name: str) -> str:
    with open(os.path.join(ROOT, name), encoding="utf-8") as file:
        return file.read()


class Retries(unittest.TestCase):
    def test_follow_failures_in_passing_of_reads_and_writes_alike(self) -> None:
        for failure in (
            lost,
            lambda: ConnectionResetError("reset"),
            lambda: urllib.error.URLError(ConnectionRefusedError(111, "refused")),
            lambda: urllib.error.URLError(socket.timeout("timed out")),
            lambda: socket.gaierror(-3, "Temporary failure in name resolution"),
            *(functools.partial(Answer, status) for status in (408, 429, 500, 502, 503, 504)),
            lambda: problem(409, "conflict", headers={"retry-after": "1"}),
            lambda: Answer(body=OK, breaks_after=5),
            lambda: Answer(body=b"", headers={"content-length": "7"}),
        ):
            for call in (lambda c: c.create([{}]), lambda c: c.count({})):
                with self.subTest(failure):
                    transport = Transport(failure(), ok())
                    call(client_of(transport))
                    self.assertEqual(len(transport.sent), 2)
                    keys = transport.header("idempotency-key")
                    self.assertEqual(len(set(keys)), 1, "one key for one call")
                    self.assertEqual(transport.sent[0].data, transport.sent[1].data)

    def test_do_not_follow_what_will_not_pass(self) -> None:
        certificate = urllib.error.URLError(ssl.SSLCertVerificationError("self-signed"))
        for failure in (
            *(Answer(s) for s in (302, 400, 401, 403, 404, 409, 413, 422)),
            certificate,
        ):
            with self.subTest(failure):
                transport = Transport(failure)
                with self.assertRaises(vxdata.VxdataError):
                    client_of(transport).count({})
                self.assertEqual(len(transport.sent), 1)

    def test_end_after_as_many_attempts_as_were_allowed(self) -> None:
        for attempts in (1, 2, 5):
            transport = Transport(then=lambda _: lost())
            with self.assertRaises(vxdata.ConnectionError):
                client_of(transport).count({}, retries={"attempts": attempts})
            self.assertEqual(len(transport.sent), attempts)

    def test_wait_with_full_jitter_below_a_bound_that_doubles(self) -> None:
        for chance in (0.0, 0.25, 1.0):
            waits = Waits(chance)
            transport = Transport(then=lambda _: lost())
            client = client_of(transport, clock=waits.clock, retries={"attempts": 8})
            with self.assertRaises(vxdata.ConnectionError):
                client.health()
            bounds = [0.5, 1, 2, 4, 8, 8, 8]
            self.assertEqual(waits.waited, [chance * bound for bound in bounds])

    def test_wait_at_least_as_long_as_the_server_asks_for(self) -> None:
        date = email.utils.formatdate(time.time() + 100, usegmt=True)
        for header, low, high in (
            ("7", 7, 7),
            (date, 98, 100),
            ("soon", 0.5, 0.5),
            ("0", 0.5, 0.5),
        ):
            waits = Waits()
            transport = Transport(Answer(503, headers={"retry-after": header}), ok())
            client_of(transport, clock=waits.clock).health()
            self.assertTrue(low <= waits.waited[0] <= high, waits.waited)

    def test_end_when_the_next_would_begin_too_late(self) -> None:
        transport = Transport(Answer(503, headers={"retry-after": "121"}))
        with self.assertRaises(vxdata.ProblemError):
            client_of(transport).health()
        transport = Transport(Answer(503, headers={"retry-after": "121"}), ok())
        client_of(transport, retries={"within_seconds": 200}).health()

    def test_take_members_from_the_client_that_the_call_does_not_give(self) -> None:
        waits = Waits()
        client = client_of(
            Transport(then=lambda _: lost()), clock=waits.clock, retries={"base_seconds": 4}
        )
        with self.assertRaises(vxdata.ConnectionError):
            client.health(retries={"attempts": 2})
        self.assertEqual(waits.waited, [4])

    def test_take_another_key_for_another_call(self) -> None:
        transport = Transport(then=ok)
        client = client_of(transport)
        client.create([{}])
        client.create([{}])
        self.assertEqual(len(set(transport.header("idempotency-key"))), 2)

    def test_do_not_follow_calls_that_could_be_done_twice(self) -> None:
        transport = Transport(lost())
        with self.assertRaises(vxdata.ConnectionError):
            client_of(transport).request("POST", "/admin/api-keys", body={}, kind="plain")
        self.assertEqual(transport.header("idempotency-key"), [None])

    def test_ask_once_for_a_new_token(self) -> None:
        asked: list[bool] = []

        def token(renew: bool) -> str:
            asked.append(renew)
            return f"t{len(asked)}"

        transport = Transport(Answer(401), ok())
        client_of(transport, token=token).count({})
        self.assertEqual(transport.header("authorization"), ["Bearer t1", "Bearer t2"])
        with self.assertRaises(vxdata.ProblemError):
            client_of(Transport(Answer(401), Answer(401)), token=token).count({})
        self.assertEqual(asked, [False, True, False, True])

    def test_leave_errors_of_the_token_alone(self) -> None:
        def token(_: bool) -> str:
            raise KeyError("no such secret")

        with self.assertRaises(KeyError):
            client_of(Transport(), token=token).count({})

    def test_bound_the_time_that_a_whole_answer_may_take(self) -> None:
        class Dribble(Answer):
            def read1(self, _: int) -> bytes:
                time.sleep(0.01)
                return b" "

        transport = Transport(Dribble(headers={"content-length": "100000"}))
        with self.assertRaises(vxdata.TimeoutError):
            client_of(transport, timeout=0.05, retries={"attempts": 1}).count({})


class Problems(unittest.TestCase):
    def test_have_a_class_for_each_code_of_the_documentation(self) -> None:
        rows = re.findall(r"^\| `(\w+)` +\| (\d{3}) ", page("docs/errors.md"), re.MULTILINE)
        self.assertGreater(len(rows), 20)
        self.assertEqual([code for code, _ in rows], list(vxdata.PROBLEM_CLASSES))
        for code, status in rows:
            with self.subTest(code):
                kind = vxdata.PROBLEM_CLASSES[code]
                words = "".join(word.capitalize() for word in code.split("_"))
                self.assertEqual(kind.__name__, f"{words}Error")
                answer = problem(int(status), code, request_id="r")
                transport = Transport(then=lambda _, answer=answer: answer)
                with self.assertRaises(kind) as caught:
                    client_of(transport, retries={"attempts": 1}).health()
                self.assertEqual((caught.exception.code, caught.exception.request_id), (code, "r"))

    def test_tell_every_bad_element(self) -> None:
        element = {
            "index": 3,
            "identifier": "a",
            "path": "resources.3.rows",
            "code": "c",
            "detail": "d",
        }
        answer = problem(400, "invalid_value", errors=[element, {}, 5])
        with self.assertRaises(vxdata.InvalidValueError) as caught:
            client_of(Transport(answer)).create([{}])
        self.assertEqual(caught.exception.errors[0], vxdata.ProblemElement(**element))
        self.assertEqual(len(caught.exception.errors), 3)
        self.assertIn("resources.3.rows: d", str(caught.exception))

    def test_are_made_of_answers_of_other_shapes_too(self) -> None:
        for status, body, code, detail in (
            (403, b"<html>", "http_403", "no details were given"),
            (400, {"detail": "LOGIN_BAD_CREDENTIALS"}, "http_400", "Wrong e-mail address or password."),
            (401, [{"request_id": "r", "message": "No."}], "http_401", "No."),
            (400, {"code": "brand_new", "title": "T"}, "http_400", "T"),
            (302, b"", "http_302", "no details were given"),
        ):
            with self.subTest(body), self.assertRaises(vxdata.ProblemError) as caught:
                client_of(Transport(Answer(status, body))).health()
            self.assertEqual((caught.exception.code, caught.exception.detail), (code, detail))

    def test_are_made_of_a_fetch_that_raises_refusals_itself(self) -> None:
        def fetch(request: Any, timeout: float) -> Any:
            answer = problem(404, "not_found")
            raise urllib.error.HTTPError(request.full_url, 404, "", answer.headers, answer)

        with self.assertRaises(vxdata.NotFoundError):
            client_of(fetch).health()

    def test_survive_being_sent_to_another_process(self) -> None:
        element = vxdata.ProblemElement("p", "c", "d", 1)
        for error in (
            vxdata.NotFoundError("GET /x", 404, "not_found", "No.", (element,), "r", 1.5),
            vxdata.PartialBatchError(1, 2, "why"),
            vxdata.BatchTooLargeError(2),
            vxdata.UploadError("f", (), "why"),
            vxdata.ConnectionError("why"),
        ):
            copy = pickle.loads(pickle.dumps(error))
            self.assertEqual(
                (type(copy), str(copy), vars(copy)), (type(error), str(error), vars(error))
            )

    def test_of_the_connection_are_those_of_python_too(self) -> None:
        self.assertTrue(issubclass(vxdata.ConnectionError, builtins.ConnectionError))
        self.assertTrue(issubclass(vxdata.TimeoutError, builtins.TimeoutError))

    def test_tell_that_an_answer_is_no_json(self) -> None:
        with self.assertRaisesRegex(vxdata.VxdataError, "no JSON"):
            client_of(Transport(Answer(body=b"<html>"))).health()

    def test_name_no_permission_of_an_address(self) -> None:
        address = {"url": f"{URL}/k?X-Amz-Signature=secret"}
        transport = Transport(Answer(body={"urls": [address]}), Answer(403))
        with self.assertRaises(vxdata.ProblemError) as caught:
            client_of(transport).download("k")
        self.assertNotIn("secret", str(caught.exception))


class Values(unittest.TestCase):
    def test_that_json_cannot_say_are_refused_before_anything_is_sent(self) -> None:
        for value in (float("nan"), float("inf"), object(), "\ud800", b"bytes"):
            with self.subTest(value), self.assertRaises((ValueError, TypeError)):
                client_of(Transport()).create([{"value": value}])

    def test_arrive_to_the_digit(self) -> None:
        values = [2**80, 0.1, -0.0, "ä\u2028\U0001f600", None, True, [1, {"a": []}]]
        transport = Transport(then=ok)
        client_of(transport).create([{"value": value} for value in values])
        sent = [each["value"] for each in transport.bodies()[0]["resources"]]
        self.assertEqual([repr(value) for value in sent], [repr(value) for value in values])

    def test_in_paths_are_encoded_but_for_slashes(self) -> None:
        for identifier, path in (
            ("a/b c?#%/ä", "a/b%20c%3F%23%25/%C3%A4"),
            ("a/../b", "a%2F..%2Fb"),
            ("a//b/./c", "a%2F%2Fb%2F.%2Fc"),
            ("..a/b..", "..a/b.."),
        ):
            transport = Transport(then=lambda _: Answer(body=[]))
            client = client_of(transport)
            client.parents(identifier)
            client.lineage(identifier)
            sent = [request.full_url for request in transport.sent]
            self.assertEqual(sent, [f"{URL}/parents/{path}", f"{URL}/lineage/{path}"])
        for identifier in (".", ".."):
            with self.assertRaises(ValueError):
                client_of(Transport()).provenance(identifier)


class Batches(unittest.TestCase):
    def test_are_bounded_as_the_server_bounds_them(self) -> None:
        limits = dict(
            re.findall(r"^\| `(\w+)` +\| ([\d,]+) ", page("docs/limits.md"), re.MULTILINE)
        )
        bound = lambda name: int(limits[name].replace(",", ""))  # noqa: E731
        self.assertEqual(vxdata._ITEMS_MAX, bound("batchItemsMax"))
        self.assertEqual(vxdata._BYTES_MAX + 4_096, bound("bodyBytesMax"))
        self.assertEqual(vxdata._SOURCES_MAX, bound("sourcesTouchedMax"))
        self.assertEqual(vxdata._ADDRESSES_MAX, bound("addressesMax"))
        self.assertEqual(vxdata._HASHED_BYTES_MAX, bound("hashedBytesMax"))

    def test_that_fit_go_in_one_call_and_others_in_as_few_as_can_be(self) -> None:
        for count, calls in ((0, 1), (1, 1), (10_000, 1), (10_001, 2), (25_000, 3)):
            transport = Transport(then=ok)
            answer = client_of(transport).create([{}] * count, split=True)
            self.assertEqual(answer, {"created": calls})
            sizes = [len(body["resources"]) for body in transport.bodies()]
            self.assertEqual((len(sizes), sum(sizes)), (calls, count))
        text = "ä" * 4_000_000
        transport = Transport(then=ok)
        client_of(transport).create([{"a": text}] * 8, split=True)
        self.assertEqual([len(body["resources"]) for body in transport.bodies()], [4, 4])

    def test_are_cut_by_the_sources_that_they_name_as_well(self) -> None:
        items = [{"derived_from": ["a"] * 40_000}] * 5
        transport = Transport(then=ok)
        client_of(transport).create(items, split=True)
        self.assertEqual([len(body["resources"]) for body in transport.bodies()], [2, 2, 1])
        transport = Transport(then=lambda *_: Answer(body={"updated": 1}))
        client_of(transport).update({str(at): each for at, each in enumerate(items)}, split=True)
        self.assertEqual([len(body["updates"]) for body in transport.bodies()], [2, 2, 1])

    def test_are_not_split_unless_that_was_said(self) -> None:
        for call in (
            lambda c: c.create([{}] * 10_001),
            lambda c: c.update({str(i): {} for i in range(10_001)}),
            lambda c: c.delete(["a"] * 10_001),
            lambda c: c.read(["a"] * 10_001),
            lambda c: c.register_patients([{}] * 10_001),
            lambda c: c.upload_addresses([{}] * 1_001),
        ):
            with self.assertRaises(vxdata.BatchTooLargeError) as caught:
                call(client_of(Transport()))
            self.assertEqual(caught.exception.calls, 2)

    def test_keep_their_order_and_take_a_key_for_each_part(self) -> None:
        transport = Transport(then=lambda r: Answer(body={"identifiers": [r.data.decode()[-9:]]}))
        told: list[Any] = []
        items = [{"external_uid": str(number)} for number in range(20_001)]
        client_of(transport).register_patients(
            items, split=True, idempotency_key="k", on_part=lambda *each: told.append(each)
        )
        sent = [item for body in transport.bodies() for item in body["items"]]
        self.assertEqual(sent, items)
        self.assertEqual(transport.header("idempotency-key"), ["k.0", "k.1", "k.2"])
        self.assertEqual(told, [(10_000, 20_001), (20_000, 20_001), (20_001, 20_001)])

    def test_tell_what_is_done_when_a_later_part_fails(self) -> None:
        element = {"index": 2, "path": "resources.2.rows", "code": "c", "detail": "d"}
        whole = {"identifier": "a", "path": "resources", "code": "c", "detail": "d"}
        answer = problem(400, "cycle", errors=[element, whole])
        with self.assertRaises(vxdata.PartialBatchError) as caught:
            client_of(Transport(ok(), answer)).create([{}] * 20_000, split=True)
        cause = caught.exception.__cause__
        self.assertEqual((caught.exception.done, caught.exception.total), (10_000, 20_000))
        self.assertIsInstance(cause, vxdata.CycleError)
        first, second = cause.errors
        self.assertEqual((first.index, first.path), (10_002, "resources.10002.rows"))
        self.assertEqual((second.index, second.path), (None, "resources"))
        with self.assertRaises(vxdata.CycleError):
            client_of(Transport(problem(400, "cycle"))).create([{}] * 20_000, split=True)


class Walks(unittest.TestCase):
    def test_end_with_the_cursor_and_begin_anew(self) -> None:
        def answer(request: Any) -> Answer:
            cursor = json.loads(request.data).get("cursor", "0")
            following = {"0": "1", "1": "2", "2": None}[cursor]
            return Answer(body={"results": [cursor], "next_cursor": following, "limit": 1})

        transport = Transport(then=answer)
        walk = client_of(transport).query({"limit": 1})
        self.assertEqual(list(walk), ["0", "1", "2"])
        self.assertEqual(walk.all(), ["0", "1", "2"])
        self.assertEqual([one["results"] for one in walk.pages()], [["0"], ["1"], ["2"]])
        self.assertEqual(len(transport.sent), 9)

    def test_ask_for_a_page_when_it_is_needed(self) -> None:
        body = {"results": [1, 2], "next_cursor": "more", "limit": 2}
        transport = Transport(Answer(body=body))
        walk = iter(client_of(transport).query({}))
        self.assertEqual([next(walk), next(walk)], [1, 2])
        self.assertEqual(len(transport.sent), 1)

    def test_do_not_change_with_what_they_were_made_of(self) -> None:
        transport = Transport(Answer(body={"results": [], "next_cursor": None, "limit": None}))
        asked = {"payload_type": "image"}
        walk = client_of(transport).query(asked)
        asked["payload_type"] = "study"
        walk.all()
        self.assertEqual(transport.bodies(), [{"payload_type": "image"}])

    def test_of_children_follow_links(self) -> None:
        link = {"link": '</children?cursor=a%2Fb+c&limit=1>; rel="next"'}
        transport = Transport(Answer(body=[1], headers=link), Answer(body=[2]))
        self.assertEqual(list(client_of(transport).children("p", limit=1)), [1, 2])
        second = urllib.parse.parse_qs(urllib.parse.urlsplit(transport.sent[1].full_url).query)
        self.assertEqual(second, {"parent_identifier": ["p"], "limit": ["1"], "cursor": ["a/b c"]})

    def test_of_the_feed_end_where_nothing_new_can_come(self) -> None:
        answers = [
            Answer(body={"changes": [1], "next": "a", "more": True}),
            Answer(body={"changes": [], "next": "b", "more": True}),
            Answer(body={"changes": [2], "next": "c", "more": False}),
        ]
        transport = Transport(*answers)
        walk = client_of(transport, as_of="2026-01-01T00:00:00Z").follow()
        self.assertEqual(list(walk), [1, 2])
        self.assertEqual(len(transport.sent), 3)


class Logins(unittest.TestCase):
    def test_send_passwords_and_secrets_in_bodies(self) -> None:
        token = Answer(body={"access_token": "t"})
        transport = Transport(token)
        given = vxdata.login(URL, email="a+b@example.org", password="p&ä", fetch=transport)
        self.assertEqual(given, "t")
        form = urllib.parse.parse_qs(transport.sent[0].data.decode())
        self.assertEqual(form, {"username": ["a+b@example.org"], "password": ["p&ä"]})
        transport = Transport(Answer(body={"access_token": "t"}))
        vxdata.login(URL, key="k", secret="s", fetch=transport)
        self.assertEqual(transport.bodies(), [{"method": "apk", "key": "k", "secret": "s"}])

    def test_take_either_pair_whole(self) -> None:
        for given in ({}, {"email": "a"}, {"key": "k", "password": "p"}):
            with self.subTest(given), self.assertRaises(TypeError):
                vxdata.login(URL, fetch=Transport(), **given)

    def test_happen_when_a_token_is_needed_and_once_for_many_threads(self) -> None:
        transport = Transport(
            then=lambda _: Answer(body={"access_token": f"t{len(transport.sent)}"})
        )
        token = vxdata.login_token(URL, email="a", password="p", fetch=transport)
        self.assertEqual(transport.sent, [])
        threads = [threading.Thread(target=token, args=(False,)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([token(False), token(True), token(False)], ["t1", "t2", "t2"])


class Module(unittest.TestCase):
    def test_has_the_version_of_the_product(self) -> None:
        self.assertEqual(vxdata.__version__, json.loads(page("package.json"))["version"])

    def test_has_every_call_option_and_error_on_its_page(self) -> None:
        def told(heading: str) -> set[str]:
            chapter = page("docs/python.md").split(f"\n## {heading}\n")[1].split("\n## ")[0]
            rows = [line for line in chapter.splitlines() if line.startswith("| ")]
            return set(re.findall(r"`(\w+)`", " ".join(rows)))

        public = {name for name in vars(vxdata.Client) if not name.startswith("_")}
        self.assertEqual(told("All calls"), public)
        self.assertLessEqual(vxdata._CALL_NAMES | vxdata._RETRY_NAMES, told("Options"))
        errors = {
            name
            for name, each in vars(vxdata).items()
            if isinstance(each, type) and issubclass(each, vxdata.VxdataError)
        }
        codes = {each.__name__ for each in vxdata.PROBLEM_CLASSES.values()}
        self.assertLessEqual(errors - codes, told("Refusals"))


if __name__ == "__main__":
    unittest.main()
