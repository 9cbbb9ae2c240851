"""The transport that clients have unless they bring one, against sockets that misbehave."""

from __future__ import annotations

import http.server
import threading
import time
import unittest
from typing import Any

from fake import vxdata


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by path, and remembers what came."""

    protocol_version = "HTTP/1.1"
    server: Any

    def do_GET(self) -> None:
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        getattr(self, f"answer_{self.path.strip('/').split('/')[0]}")()

    def do_PUT(self) -> None:
        length = int(self.headers["content-length"])
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        self.server.stored = self.rfile.read(length)
        self.send(200, b"")

    do_POST = do_GET

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def answer_redirect(self) -> None:
        self.send(302, b"", location=f"http://127.0.0.1:{self.server.server_port}/fine")

    def answer_fine(self) -> None:
        self.send(200, b'{"status":"ok"}')

    def answer_missing(self) -> None:
        self.send(404, b'{"code":"not_found","detail":"No."}')

    def answer_silent(self) -> None:
        time.sleep(0.5)
        self.close_connection = True

    def answer_short(self) -> None:
        self.send(200, b"{", **{"content-length": "100"})
        self.close_connection = True

    def answer_chunked(self) -> None:
        self.send_response(200)
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        whole = self.path.endswith("/whole")
        self.wfile.write(b"4\r\nnull\r\n" + (b"0\r\n\r\n" if whole else b"5\r\nnu"))
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        pass


class Transport(unittest.TestCase):
    def setUp(self) -> None:
        self.server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.seen = []
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        thread.start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(self.server.shutdown)
        self.client = vxdata.Client(self.url, token="secret", retries={"attempts": 1}, timeout=5)

    def test_follows_no_redirect(self) -> None:
        with self.assertRaises(vxdata.ProblemError) as caught:
            self.client.request("GET", "/redirect")
        self.assertEqual(caught.exception.status, 302)
        self.assertEqual([path for _, path, _ in self.server.seen], ["/redirect"])

    def test_tells_refusals_from_answers(self) -> None:
        self.assertEqual(self.client.request("GET", "/fine"), {"status": "ok"})
        with self.assertRaises(vxdata.NotFoundError):
            self.client.request("GET", "/missing")

    def test_tells_silence_from_a_lost_connection(self) -> None:
        with self.assertRaises(vxdata.TimeoutError):
            self.client.request("GET", "/silent", timeout=0.1)
        for path in ("/short", "/chunked"):
            with self.subTest(path), self.assertRaises(vxdata.ConnectionError):
                self.client.request("GET", path)
        self.assertIsNone(self.client.request("GET", "/chunked/whole"))
        with self.assertRaises(vxdata.ConnectionError):
            vxdata.Client("http://127.0.0.1:1", retries={"attempts": 1}).health()

    def test_sends_json_and_says_who_it_is(self) -> None:
        self.client.request("POST", "/fine", body={"a": 1})
        headers = {name.lower(): value for name, value in self.server.seen[0][2].items()}
        self.assertEqual(headers["content-type"], "application/json")
        self.assertEqual(headers["authorization"], "Bearer secret")
        self.assertEqual(headers["user-agent"], f"vxdata-python/{vxdata.__version__}")

    def test_sends_files_as_long_as_was_promised_and_in_one_piece(self) -> None:
        content = b"voxel" * 100_000
        headers = {"content-length": str(len(content)), "content-type": "text/plain"}
        pieces = iter([content[:7], content[7:]])
        sender = self.client._sender
        sender.open_file("PUT", f"{self.url}/object", headers, {}, lambda: pieces).close()
        self.assertEqual(self.server.stored, content)
        sent = {name.lower(): value for name, value in self.server.seen[0][2].items()}
        self.assertNotIn("transfer-encoding", sent)
        self.assertNotIn("authorization", sent)
        self.assertEqual(sent["content-type"], "text/plain")


if __name__ == "__main__":
    unittest.main()
