"""The standard's own tester, over everything it knows to test."""

from scim2_client.engines.wsgi import WSGISCIMClient
from scim2_tester import Status, check_server

from tests.scim.directory import Directory, wsgi


def test_the_testers_of_the_standard_find_nothing(directory: Directory) -> None:
    headers = {"authorization": f"Bearer {directory.token}"}
    results = check_server(WSGISCIMClient(wsgi(directory.system), directory.base, headers=headers))

    faults = [f"{each.title}: {each.reason}" for each in results if each.status is not Status.SUCCESS]
    assert not faults, "\n".join(faults)
    assert len(results) > 50
