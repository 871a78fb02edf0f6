"""Links that a test can cut: bytes handed on between two addresses, by a process or threads of the tests' own.

`python3 relay.py PORT SOCKET` listens on 127.0.0.1:PORT, wherever it runs, and hands on to a socket's file: as a program of its own it can run in a
network namespace, and be stopped (nothing arrives any more) or ended (connections are refused).
"""

import pathlib
import socket
import sys
import threading


def connected(address):
    """A connection to an address of TCP, or to a socket's file."""
    if isinstance(address, tuple):
        return socket.create_connection(address)
    link = socket.socket(socket.AF_UNIX)
    link.connect(str(address))
    return link


class Relay:
    """Hands bytes on, both ways.

    `swallow(data)` says whether the answer to what a client has sent is to be lost: the server gets it, and the client's connection ends
    when the answer is there.
    """

    def __init__(self, listener, to, swallow=None):
        self.listener, self.to, self.swallow = listener, to, swallow
        self.swallowed = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near):
        try:
            far = connected(self.to)
        except OSError:
            near.close()
            return
        loses = threading.Event()
        back = threading.Thread(target=self._copy, args=(far, near, loses, False), daemon=True)
        back.start()
        self._copy(near, far, loses, True)
        back.join()
        near.close()
        far.close()

    def _copy(self, source, sink, loses, is_request):
        try:
            while data := source.recv(65_536):
                if is_request and self.swallow and self.swallow(data):
                    loses.set()
                elif not is_request and loses.is_set():
                    self.swallowed += 1
                    break
                sink.sendall(data)
        except OSError:
            pass  # One side has gone; the other sees it.
        for link in (source, sink):
            try:
                link.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # It is closed already.

    def close(self):
        # Closing alone does not wake whoever waits in accept.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def to_file(path, to):
    """A relay that listens on a socket's file."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(256)
    return Relay(listener, to)


def on_loopback(to, swallow=None, port=0):
    """A relay that listens on a port of 127.0.0.1."""
    return Relay(socket.create_server(("127.0.0.1", port), backlog=256), to, swallow)


if __name__ == "__main__":
    relay = on_loopback(pathlib.Path(sys.argv[2]), port=int(sys.argv[1]))
    print("ready", flush=True)
    threading.Event().wait()
