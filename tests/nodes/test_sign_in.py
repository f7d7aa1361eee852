"""Signing in at several servers: who guesses has as many tries as with one."""

from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest

from admit.control.signing_in.lockout import FROM_ONE_PLACE
from tests.nodes.story import Story

pytestmark = pytest.mark.postgres


def _tried(address: str, name: str, password: str) -> tuple[int, bool]:
    """What a server answers to a password: the status, and whether there were too many wrong tries."""
    connection = HTTPConnection(address, timeout=30)
    headers = {"content-type": "application/x-www-form-urlencoded", "origin": f"http://{address}"}
    connection.request("POST", "/sign-in", urlencode({"name": name, "password": password}), headers)
    response = connection.getresponse()
    told = response.status, b"too many wrong tries" in response.read().lower()
    connection.close()
    return told


def test_who_guesses_at_several_nodes_has_the_tries_of_one(story: Story) -> None:
    nodes = [server.urls["http"] for server in story.servers[1:]]
    name, password = story.firm.founded.admin_user, story.firm.founded.admin_password
    for number in range(FROM_ONE_PLACE):
        assert _tried(nodes[number % 2], name, f"guess-{number}") == (403, False)
    assert [_tried(node, name, password) for node in nodes] == [(403, True), (403, True)]
