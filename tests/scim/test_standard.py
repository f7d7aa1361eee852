"""The standard's own tester, over everything it knows to test."""

from importlib import import_module

from tests.scim.directory import Directory, wsgi


def test_the_testers_of_the_standard_find_nothing(directory: Directory) -> None:
    # Importing them takes seconds, and every process of a test run imports all that stands at the top.
    client, tester = (import_module(name) for name in ("scim2_client.engines.wsgi", "scim2_tester"))
    headers = {"authorization": f"Bearer {directory.token}"}
    server = client.WSGISCIMClient(wsgi(directory.system), directory.base, headers=headers)
    results = tester.check_server(server)

    faults = [f"{each.title}: {each.reason}" for each in results if each.status is not tester.Status.SUCCESS]
    assert not faults, "\n".join(faults)
    assert len(results) > 50
