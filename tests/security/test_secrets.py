"""Secrets and what was sent stay out of answers, logs, the change log and errors."""

import json
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from admit.store.engine import Author, Tx
from admit.store.review_tables import metadata
from admit.store.things import seal
from tests.callers import Callers, statement, trust
from tests.system import System

AUTHOR = Author("admit", "test", "request")


def everything_kept(system: System) -> str:
    """All that stands in the database, as text: what its reader sees."""
    with system.admit.store.read() as sql:
        found = [row for table in metadata.sorted_tables for row in sql.execute(select(table))]
    return "\n".join(
        bytes(value).decode("latin-1") if isinstance(value, bytes | memoryview) else str(value)
        for row in found
        for value in row
    )


PASSWORDS = ("Correct-Horse-7", "Battery-Staple-8", "Host-Pass-9", "Other-Pass-10", "Phrase-11")


@pytest.fixture
def told(system: System) -> tuple[str, list[str]]:
    """All answers to calls that were given secrets or made some, and the secrets that were made."""
    answers: list[Any] = []

    def call(product: str, action: str, **parameters: Any) -> dict[str, Any]:
        answer = system.call(product, action, **parameters)
        answers.append(answer)
        return answer

    bastion = call("yundun-bastionhost", "DescribeInstances")["Instances"][0]["InstanceId"]
    named = {"InstanceId": bastion}
    user = call(
        "yundun-bastionhost", "CreateUser", **named, Source="Local", UserName="alice", Password=PASSWORDS[0]
    )["UserId"]
    call("yundun-bastionhost", "ModifyUser", **named, UserId=user, Password=PASSWORDS[1])
    call("yundun-bastionhost", "GetUser", **named, UserId=user)
    host = call(
        "yundun-bastionhost",
        "CreateHost",
        **named,
        Source="Local",
        HostName="db-1",
        OSType="Linux",
        ActiveAddressType="Private",
        HostPrivateAddress="db-1.example.com",
    )["HostId"]
    account = call(
        "yundun-bastionhost",
        "CreateHostAccount",
        **named,
        HostId=host,
        ProtocolName="SSH",
        HostAccountName="root",
        Password=PASSWORDS[2],
    )["HostAccountId"]
    call("yundun-bastionhost", "GetHostAccount", **named, HostAccountId=account)
    call("yundun-bastionhost", "ListHostAccounts", **named, HostId=host)
    bob = {"EndUserId": "bob", "Email": "b@example.com"}
    call("eds-user", "CreateUsers", Users=[bob], Password=PASSWORDS[3])
    call("eds-user", "DescribeUsers")
    callers = Callers(system)
    key = callers.user("carol", statement("Allow", "sts:AssumeRole"))
    answers.append(callers.ram("ListAccessKeys", UserName="carol"))
    role = callers.role("reader", trust(callers.arn("user/carol")))
    session = callers.assume(key, role)
    made = [key.secret, session.secret, str(session.security_token), system.key.secret]
    made.append(system.founded.admin_password)
    return json.dumps(answers), made


def test_no_secret_stands_in_an_answer_that_is_not_about_making_it(told: tuple[str, list[str]]) -> None:
    answers, made = told
    assert [secret for secret in (*PASSWORDS, *made) if secret in answers] == []


def test_no_secret_stands_in_the_database(system: System, told: tuple[str, list[str]]) -> None:
    kept = everything_kept(system)
    assert "db-1.example.com" in kept
    assert [secret for secret in (*PASSWORDS, *told[1]) if secret in kept] == []
    # Nor do hashes, which could be tried.
    assert "$argon2" not in kept


def test_an_error_of_the_database_does_not_tell_what_was_to_be_written(system: System) -> None:
    def body(tx: Tx) -> None:
        for _ in range(2):
            tx.sql.execute(
                text("insert into secrets (thing, purpose, sealed) values (1, 'p', :sealed)"),
                {"sealed": b"Correct-Horse-7"},
            )
        seal(tx.sql, 1, "p", None)

    with pytest.raises(DBAPIError) as caught:
        system.admit.store.write_now(AUTHOR, body)
    assert "Correct-Horse-7" not in str(caught.value)


@pytest.mark.parametrize("password", ["short", "x" * 129, "no-upper-case-1", "Ünï\x07code-1"])
def test_a_refused_password_is_not_repeated(system: System, password: str) -> None:
    bastion = system.call("yundun-bastionhost", "DescribeInstances")["Instances"][0]["InstanceId"]
    parameters = {"InstanceId": bastion, "Source": "Local", "UserName": "alice", "Password": password}
    with pytest.raises(Exception, match="InvalidParameter") as caught:
        system.call("yundun-bastionhost", "CreateUser", **parameters)
    assert password not in str(caught.value)
