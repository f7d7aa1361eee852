"""Secrets of applications: made, shown, switched off, ended."""

import pytest

from admit.core.validity import MINUTE
from tests.services.eiam.idaas import Idaas


@pytest.fixture
def app(idaas: Idaas) -> str:
    """An application without secrets."""
    return idaas.application("wiki")


def _made(idaas: Idaas, app: str, **more: object) -> dict[str, str]:
    made: dict[str, str] = idaas.call("CreateApplicationClientSecret", ApplicationId=app, **more)[
        "ApplicationClientSecret"
    ]
    return made


def test_a_secret_is_shown_whole_only_when_it_is_asked_for(idaas: Idaas, app: str) -> None:
    made = _made(idaas, app)
    assert made["ClientId"] == app
    assert len(made["ClientSecret"]) == 44

    listed = idaas.call("ListApplicationClientSecrets", ApplicationId=app)
    assert listed["TotalCount"] == 1
    assert listed["ApplicationClientSecrets"][0]["ClientSecret"] == f"****{made['ClientSecret'][-4:]}"
    named = {"ApplicationId": app, "SecretId": made["SecretId"]}
    obtained = idaas.call("ObtainApplicationClientSecret", **named)["ApplicationClientSecret"]
    assert obtained["ClientSecret"] == made["ClientSecret"]
    assert "ExpirationTime" not in obtained


def test_a_secret_is_switched_off_and_on_and_deleted(idaas: Idaas, app: str) -> None:
    named = {"ApplicationId": app, "SecretId": _made(idaas, app)["SecretId"]}

    def status() -> str:
        found = idaas.call("ObtainApplicationClientSecret", **named)["ApplicationClientSecret"]
        return str(found["Status"])

    assert idaas.changes("DisableApplicationClientSecret", **named)
    assert not idaas.changes("DisableApplicationClientSecret", **named)
    assert status() == "disabled"
    assert idaas.changes("EnableApplicationClientSecret", **named)
    assert status() == "enabled"
    idaas.call("DeleteApplicationClientSecret", **named)
    refused = idaas.refusal("ObtainApplicationClientSecret", **named)
    assert refused == (404, "ResourceNotFound.ClientSecret")


def test_the_end_of_a_secret_is_set_and_taken_back(idaas: Idaas, app: str) -> None:
    end = idaas.now() + MINUTE
    named = {"ApplicationId": app, "SecretId": _made(idaas, app, ExpirationTime=end)["SecretId"]}

    def told() -> object:
        found = idaas.call("ObtainApplicationClientSecret", **named)["ApplicationClientSecret"]
        return found.get("ExpirationTime")

    assert told() == end
    idaas.call("UpdateApplicationClientSecretExpirationTime", ExpirationTime=end + MINUTE, **named)
    assert told() == end + MINUTE
    idaas.call("UpdateApplicationClientSecretExpirationTime", **named)
    assert told() is None
    past = {"ExpirationTime": idaas.now(), **named}
    refused = idaas.refusal("UpdateApplicationClientSecretExpirationTime", **past)
    assert refused == (400, "InvalidParameter.ExpirationTime")


def test_an_application_has_ten_secrets_at_most(idaas: Idaas, app: str) -> None:
    for _ in range(10):
        _made(idaas, app)
    refused = idaas.refusal("CreateApplicationClientSecret", ApplicationId=app)
    assert refused == (403, "LimitExceeded.ClientSecret")


def test_a_secret_of_another_application_is_not_found(idaas: Idaas, app: str) -> None:
    made = _made(idaas, app)
    other = {"ApplicationId": idaas.application("blog"), "SecretId": made["SecretId"]}
    assert idaas.refusal("ObtainApplicationClientSecret", **other) == (404, "ResourceNotFound.ClientSecret")
