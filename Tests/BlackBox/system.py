"""What a row of the table of systems is: a stand-in, and a place for each user there."""

import contextlib
import os

NAMES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


class System:
    """One system with a place for each user. `shows_key`: keyturn can read which key a place holds, so that it sees another one there."""

    shows_key = True
    #: Whether reading a place takes a request.
    is_slow = False
    token = ""

    def __init__(self, world):
        self.world, self.service = world, None

    @property
    def lock(self):
        """Held while a request is answered."""
        return getattr(self.service, "lock", None) or contextlib.nullcontext()

    @property
    def name(self):
        return type(self).__name__.lower()

    def pusher(self, endpoint):
        """The pusher's fields."""
        return {"plugin": self.plugin, "token": {"env": f"{self.name.upper()}_TOKEN"}, "endpoint": endpoint}

    def target(self, number):
        """The fields of the target of the user with this number."""
        raise NotImplementedError

    def read(self, number):
        """The key ID and the secret that the place holds; None for what is not there."""
        raise NotImplementedError

    def put(self, number, pair):
        """Someone else writes a pair."""
        raise NotImplementedError

    def stop(self):
        if self.service:
            self.service.stop()


def replace(path, text):
    """So that no job reads half a file."""
    new = path.with_name(path.name + ".by-hand")
    new.write_text(text)
    new.chmod(0o600)
    os.replace(new, path)
