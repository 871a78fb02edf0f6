"""Every message that the page on troubleshooting names is one that keyturn can print."""

import re

import pytest

import guides


def messages():
    """What is between backticks in the first column, in pieces between the parts that vary."""
    text = (guides.GUIDES / "Troubleshooting.md").read_text()
    for row in re.findall(r"^\| ([^|]+) \|", text, re.M):
        for message in re.findall(r"`([^`]+)`", row):
            yield message, [piece.strip() for piece in message.split("…") if len(piece.strip()) > 3]


@pytest.fixture(scope="module")
def printed():
    """All texts of the program and its pushers, without marks of code and joined over lines."""
    text = ""
    for folder in ("Sources", "Plugins"):
        for path in sorted((guides.REPOSITORY / folder).rglob("*.swift")):
            text += re.sub(r'"\s*\+\s*"', "", path.read_text()).replace("`", "")
    return text


def test_each_message_exists(printed):
    """AWS's own codes are AWS's."""
    own = {"AccessDenied", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "401", "403", "404"}
    text = printed.replace("\\(String(cString: strsignal(signal)))", "Segmentation fault")
    missing = [(message, piece) for message, pieces in messages() for piece in pieces
               if piece.replace("`", "") not in text and message.split(" ")[0] not in own]
    assert missing == []
    assert len(list(messages())) > 20
