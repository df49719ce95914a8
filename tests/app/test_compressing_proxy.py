"""A proxy that compresses, as development servers do, hands a stream on as it comes."""

import gzip
import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx

from tests.gemini_server import GeminiServer, Reply
from tests.serving import serving

QUESTION = "Why can the zero moment point not leave the support polygon?"


@contextmanager
def compressing_proxy(port: int) -> Iterator[str]:
    """A proxy that keeps a response to its end and compresses it, unless its cache-control says `no-transform`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Forward the request, and its response in the proxy's way."""
            body = self.rfile.read(int(self.headers["content-length"]))
            upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            upstream.request("POST", self.path, body, {"content-type": "application/json", "accept": "*/*"})
            response = upstream.getresponse()
            compresses = "no-transform" not in (response.getheader("cache-control") or "")
            self.send_response(response.status)
            self.send_header("content-type", response.getheader("content-type") or "")
            if compresses:
                self.send_header("content-encoding", "gzip")
            self.end_headers()
            if compresses:
                self.wfile.write(gzip.compress(response.read()))
            else:
                while piece := response.read1():
                    self.wfile.write(piece)
                    self.wfile.flush()
            response.close()
            upstream.close()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_words_come_through_a_compressing_proxy_while_the_model_writes(data_dir: Path) -> None:
    reply = Reply(chunks=("One ", "two ", "three ", "four."), pace_seconds=1.0)
    with (
        GeminiServer(reply) as gemini,
        serving(data_dir, gemini_url=gemini.url) as served,
        compressing_proxy(int(served.url.rpartition(":")[2])) as proxy,
        httpx.stream("POST", f"{proxy}/api/chat", json={"message": QUESTION}, timeout=60) as response,
    ):
        lines = response.iter_lines()
        first = next(line for line in lines if '"text-delta"' in line)
        assert "One" in first
        assert not gemini.streams[-1].complete
        assert "four." in "".join(list(lines))  # all of it: the proxy writes to its end
        assert "content-encoding" not in response.headers
