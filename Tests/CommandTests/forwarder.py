"""TLS in front of a service that has none."""

import socket
import ssl
import threading
import urllib.parse


class Forwarder:
    """Ends TLS for `localhost` and hands the bytes on. Connections stay as long as both sides want."""

    def __init__(self, certificate, url):
        self.to = (urllib.parse.urlparse(url).hostname, urllib.parse.urlparse(url).port)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*certificate)
        self.context.set_alpn_protocols(["http/1.1"])
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"https://localhost:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                raw, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw):
        try:
            with self.context.wrap_socket(raw, server_side=True) as near, socket.create_connection(self.to) as far:
                back = threading.Thread(target=self._copy, args=(far, near), daemon=True)
                back.start()
                self._copy(near, far)
                back.join()
        except OSError:
            raw.close()

    @staticmethod
    def _copy(source, sink):
        try:
            while data := source.recv(65_536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # One side has gone; the other sees it.

    def stop(self):
        self.listener.close()
