"""Streams that break off, and uploads that fail, without a server."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import threading
import unittest
from typing import Any

from fake import URL, Answer, Transport, Waits, client_of, lost, problem, vxdata

CONTENT = bytes(range(256)) * 1_000
ADDRESS = {"urls": [{"url": f"{URL}/bucket/k"}]}


class Streams(unittest.TestCase):
    """A file whose connection breaks after as many bytes as are told."""

    def served(self, *breaks: int | None, whole: bytes = CONTENT) -> Transport:
        left = list(breaks)

        def answer(request: Any) -> Answer:
            if request.full_url.endswith("/s3/presign/batch"):
                return Answer(body=ADDRESS)
            start = int((request.get_header("Range") or "bytes=0-")[6:-1])
            status = 206 if start else 200
            return Answer(status, whole[start:], breaks_after=left.pop(0) if left else None)

        return Transport(then=answer)

    def test_go_on_where_they_broke_off(self) -> None:
        transport = self.served(1_000, 70_000, 1)
        with client_of(transport).download("k") as stream:
            self.assertEqual(stream.read(), CONTENT)
        ranges = [each for each in transport.header("range") if each]
        self.assertEqual(ranges, ["bytes=1000-", "bytes=71000-", "bytes=71001-"])

    def test_begin_at_an_offset_and_go_on_from_there(self) -> None:
        transport = self.served(10)
        self.assertEqual(client_of(transport).download("k", offset=500).read(), CONTENT[500:])
        ranges = [each for each in transport.header("range") if each]
        self.assertEqual(ranges, ["bytes=500-", "bytes=510-"])

    def test_fail_when_they_break_twice_at_the_same_byte(self) -> None:
        stream = client_of(self.served(100, 0, 0)).download("k")
        self.assertEqual(stream.read(100), CONTENT[:100])
        with self.assertRaises(vxdata.ConnectionError):
            stream.read()

    def test_refuse_a_whole_file_where_a_part_was_asked_for(self) -> None:
        answers = [Answer(body=ADDRESS), Answer(body=b"whole")]
        with self.assertRaises(vxdata.VxdataError):
            client_of(Transport(*answers)).download("k", offset=2)

    def test_that_cannot_go_on_never_look_complete(self) -> None:
        stream = client_of(Transport(Answer(body=b"12345", breaks_after=3))).parquet({})
        with self.assertRaises(vxdata.ConnectionError):
            stream.read()

    def test_are_lines_where_the_file_has_lines(self) -> None:
        stream = client_of(self.served(3, whole=b"one\ntwo\nthree\n")).download("k")
        self.assertEqual(list(stream), [b"one\n", b"two\n", b"three\n"])

    def test_end_their_connection_when_they_are_closed(self) -> None:
        answer = Answer(body=b"12345")
        with client_of(Transport(answer)).parquet({}) as stream:
            stream.read(1)
        self.assertTrue(answer.closed)


class Bucket:
    """A server that takes uploads; refuses files whose name says so."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.addresses: list[int] = []
        self.lost: list[str] = []
        self.lock = threading.Lock()

    def __call__(self, request: Any) -> Any:
        with self.lock:
            path = request.full_url[len(URL) :]
            if path == "/s3/presign/batch":
                return self.presign(json.loads(request.data)["items"])
            if path == "/s3/finalize":
                return self.finalize(json.loads(request.data))
            return self.put(path[1:], request)

    def presign(self, items: list[Any]) -> Answer:
        self.addresses.append(len(items))
        urls = [
            {
                "url": f"{URL}/{item['filename']}",
                "path": item["filename"],
                "headers": {"if-none-match": "*", "content-length": str(item["content_length"])},
            }
            for item in items
        ]
        return Answer(body={"urls": urls})

    def put(self, key: str, request: Any) -> Any:
        if key.startswith("refused"):
            return Answer(403)
        if key in self.objects:
            return Answer(412)
        if len(request.data) != int(request.get_header("Content-length")):
            return Answer(400)
        self.objects[key] = request.data
        if key.startswith("lost"):
            self.lost.append(key)
            return lost()
        return Answer()

    def finalize(self, body: Any) -> Answer:
        content = self.objects[body["path"]]
        digest = hashlib.sha256(content).hexdigest()
        if (len(content), digest) != (body["size"], body["sha256"]):
            return problem(400, "invalid_value")
        return Answer(
            body={
                "path": body["path"],
                "size_bytes": body["size"],
                "content_type": None,
                "sha256": digest,
            }
        )


class Uploads(unittest.TestCase):
    def setUp(self) -> None:
        self.bucket = Bucket()
        self.client = client_of(Transport(then=self.bucket))

    def files(self, *names: str) -> list[vxdata.UploadFile]:
        return [vxdata.UploadFile(name, name.encode() * 50_000) for name in names]

    def test_come_back_in_order_whatever_was_done_first(self) -> None:
        names = [f"f{number}" for number in range(120)]
        told: list[vxdata.UploadProgress] = []
        files = iter(self.files(*names))
        done = self.client.upload(files, group="g", concurrency=8, on_progress=told.append)
        self.assertEqual([each.name for each in done], names)
        self.assertEqual(self.bucket.addresses, [50, 50, 20])
        self.assertEqual([each.files_done for each in told], list(range(1, 121)))
        self.assertEqual(told[-1].bytes_done, sum(each.size_bytes for each in done))
        for each in done:
            content = self.bucket.objects[each.path]
            self.assertEqual(content, each.name.encode() * 50_000)
            self.assertEqual(each.sha256, hashlib.sha256(content).hexdigest())

    def test_count_as_done_when_only_the_answer_was_lost(self) -> None:
        done = self.client.upload(self.files("lost-1", "f"), group="g")
        self.assertEqual([each.name for each in done], ["lost-1", "f"])
        self.assertEqual(self.bucket.lost, ["lost-1"])

    def test_are_sent_again_however_long_the_first_time_took(self) -> None:
        waits = Waits()
        broken = iter([True, False])

        def slow(request: Any) -> Any:
            if request.method == "PUT" and next(broken):
                waits.waited.append(3_600)
                return lost()
            return self.bucket(request)

        client = client_of(Transport(then=slow), clock=waits.clock)
        self.assertEqual(len(client.upload(self.files("a"), group="g")), 1)

    def test_tell_which_files_arrived_when_one_fails(self) -> None:
        names = [*(f"f{number}" for number in range(60)), "refused", "g"]
        with self.assertRaises(vxdata.UploadError) as caught:
            self.client.upload(self.files(*names), group="g", concurrency=1)
        self.assertEqual(caught.exception.name, "refused")
        self.assertIsInstance(caught.exception.__cause__, vxdata.ProblemError)
        self.assertEqual([each.name for each in caught.exception.uploaded], names[:60])
        self.assertNotIn("g", self.bucket.objects)

    def test_begin_no_further_file_when_the_listener_fails(self) -> None:
        def listener(_: Any) -> None:
            raise KeyError("listener")

        with self.assertRaises(KeyError):
            files = self.files(*(f"f{number}" for number in range(50)))
            self.client.upload(files, group="g", concurrency=1, on_progress=listener)
        self.assertLess(len(self.bucket.objects), 50)

    def test_take_a_key_for_each_file_whatever_was_given(self) -> None:
        transport = Transport(then=self.bucket)
        client_of(transport).upload(self.files("a", "b"), group="g", idempotency_key="k")
        keys = [key for key in transport.header("idempotency-key") if key]
        self.assertEqual((len(keys), len(set(keys)), "k" in keys), (2, 2, False))

    def test_read_files_from_the_disk_and_empty_ones_too(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in ("empty.csv", "a.dcm")]
            for path, content in zip(paths, (b"", CONTENT)):
                with open(path, "wb") as file:
                    file.write(content)
            self.client.upload(paths, group="g")
        self.assertEqual(self.bucket.objects, {"empty.csv": b"", "a.dcm": CONTENT})

    def test_refuse_a_file_that_changes_while_it_is_read(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "growing")
            with open(path, "wb") as file:
                file.write(b"1")
            real = self.bucket.presign

            def presign(items: list[Any]) -> Answer:
                with open(path, "ab") as file:
                    file.write(b"2")
                return real(items)

            self.bucket.presign = presign  # type: ignore[method-assign]
            with self.assertRaisesRegex(vxdata.UploadError, "changed while it was read"):
                self.client.upload([path], group="g")
        self.assertEqual(self.bucket.objects, {})

    def test_refuse_a_file_that_is_not_there_and_tell_what_arrived_before(self) -> None:
        with self.assertRaises(FileNotFoundError):
            self.client.upload(["/nowhere/at/all"], group="g")
        files = [*self.files(*(f"f{number}" for number in range(50))), "/nowhere/at/all"]
        with self.assertRaises(vxdata.UploadError) as caught:
            self.client.upload(files, group="g")
        self.assertEqual(len(caught.exception.uploaded), 50)

    def test_name_the_media_type_by_the_ending(self) -> None:
        for name, kind in (
            ("a.dcm", "application/dicom"),
            ("a.nii.gz", "application/gzip"),
            ("a.json", "application/json"),
            ("a", "application/octet-stream"),
            ("a.unheard-of", "application/octet-stream"),
        ):
            self.assertEqual(vxdata._content_type(name), kind)


if __name__ == "__main__":
    unittest.main()
