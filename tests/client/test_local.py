"""A replica beside a program: it answers as the server does, keeps up, and stays closed when it cannot."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from admit.client import Admit, AsyncAdmit, Decision, Denied, Entity, Question, Refused, Unavailable
from admit.client.guarding import DECISION, Guarded, permitted
from admit.client.local import Replica
from tests.client.shop import Shop

QUESTIONS = [
    Question("user:mia", "read", Entity("order", "17", {"owner": "mia"})),
    Question("user:mia", "read", Entity("order", "18", {"owner": "eve"})),
    Question("user:mia", "ship", "order:17", {"weight": 3}),
    Question("user:mia", "ship", "order:17", {"weight": 300}),
    Question("user:mia", "ship", "order:17"),
    Question("user:eve", "count", "order:o-1"),
    Question("user:nobody", "count", "order:o-1"),
    Question("person:admin", "connect", "host:db-1"),
]


@pytest.fixture(scope="module")
def replica(shop: Shop) -> Iterator[Replica]:
    with Replica(shop.server, token=shop.token, or_ask=False, most_age_s=1_000) as found:
        yield found


def test_it_answers_as_the_server_does(shop: Shop, replica: Replica) -> None:
    with Admit(shop.server, token=shop.token, space="shop") as admit:
        told = admit.ask_all(QUESTIONS)
    assert [replica.decide(each, "shop") for each in QUESTIONS] == told
    assert [bool(each) for each in told] == [True, False, True, False, False, True, False, False]


def test_it_finds_what_the_server_finds(shop: Shop, replica: Replica) -> None:
    with (
        Admit(shop.server, token=shop.token, space="shop") as afar,
        Admit(shop.server, token=shop.token, space="shop", replica=replica) as near,
    ):
        told = [searched(each) for each in (afar, near)]
    assert told[0] == told[1]
    found: list[list[str]] = [["mia"], [], ["eve"], ["o-0", "o-1", "o-2"], [], [], ["count"]]
    assert told[0] == [*found, ["mia"], ["o-0", "o-1", "o-2"]]

    async def awaited() -> list[list[str]]:
        async with AsyncAdmit(shop.server, token=shop.token, space="shop", replica=replica) as admit:
            found = [
                [each async for each in admit.who("user", "ship", "order:17", {"weight": 3})],
                [each async for each in admit.what("user:eve", "count", "order")],
            ]
            found.append([each.id async for each in admit.who_might("user", "ship", "order:17")])
            found.append([each.id async for each in admit.what_might("user:mia", "ship", "order")])
            return [*found, await admit.actions("user:eve", "order:o-1")]

    assert asyncio.run(awaited()) == [told[0][each] for each in (0, 3, 7, 8, 6)]


def test_many_questions_are_answered_nearby_by_one_revision(shop: Shop, replica: Replica) -> None:
    nothing: Any = None
    questions = [*QUESTIONS, Question(Entity("user", nothing), "read", "order:17")]
    with Admit(shop.server, token=shop.token, space="shop") as admit:
        told = admit.ask_all(questions)
    replica.refresh()
    # Nobody is there who could answer instead.
    nowhere = "http://127.0.0.1:9"

    async def awaited() -> list[Decision]:
        async with AsyncAdmit(nowhere, token="x", space="shop", replica=replica) as admit:
            return await admit.ask_all(questions, at_least=replica.revision or 0)

    with Admit(nowhere, token="x", space="shop", replica=replica) as admit:
        assert admit.ask_all(questions) == told == asyncio.run(awaited())
        assert {each.revision for each in told if each.revision is not None} == {replica.revision}
        assert (told[-1].allowed, told[-1].reason) == (False, "refused")
        with pytest.raises(Unavailable, match="too old"):
            admit.ask_all(questions, at_least=(replica.revision or 0) + 1)


def searched(admit: Admit) -> list[list[str]]:
    """What some searches find."""
    return [
        list(admit.who("user", "ship", "order:17", {"weight": 3})),
        list(admit.who("user", "ship", "order:17", {"weight": 300})),
        list(admit.who("user", "count", "order:o-1")),
        list(admit.what("user:eve", "count", "order")),
        list(admit.what("user:nobody", "count", "order")),
        list(admit.who("person", "connect", "host:nothing")),
        admit.actions("user:eve", "order:o-1"),
        [each.id for each in admit.who_might("user", "ship", "order:17")],
        [each.id for each in admit.what_might("user:mia", "ship", "order")],
    ]


def test_a_search_that_cannot_be_read_is_refused_nearby_as_well(shop: Shop, replica: Replica) -> None:
    nothing: Any = None
    with (
        Admit(shop.server, token=shop.token, space="shop", replica=replica) as admit,
        pytest.raises(Refused, match="400"),
    ):
        list(admit.who(nothing, "count", "order:o-1"))


def test_it_follows_what_is_changed_and_names_the_revision(shop: Shop, replica: Replica) -> None:
    count = Question("user:mia", "count", "order:o-2")
    with Admit(shop.server, token=shop.token, space="shop", replica=replica) as admit:
        assert not admit.ask(count)
        grant = {"Space": "shop", "Subject": "user:mia", "Resource": "order:o-2", "Actions": ["count"]}
        shop.call("GrantActions", **grant)
        replica.refresh()
        decision = admit.ask(count)
        assert (bool(decision), decision.revision) == (True, replica.revision)
        shop.call("RevokeActions", **grant)
        replica.refresh()
        assert not admit.ask(count)


def test_it_follows_by_itself(shop: Shop, replica: Replica) -> None:
    before = replica.revision or 0
    shop.call("RegisterType", Space="other", Name=f"thing-{before}")
    while (revision := replica.revision or 0) <= before:
        pass
    assert revision == before + 1


def test_what_it_does_not_have_yet_the_server_is_asked(shop: Shop) -> None:
    with (
        Replica(shop.server, token=shop.token, most_age_s=1_000) as behind,
        Admit(shop.server, token=shop.token, space="shop", replica=behind) as admit,
    ):
        ahead = (behind.revision or 0) + 1
        assert behind.decide(QUESTIONS[2], "shop", at_least=ahead) is None
        shop.call("RegisterType", Space="other", Name=f"ahead-{ahead}")
        decision = admit.ask(QUESTIONS[2], at_least=ahead)
    assert decision
    assert (decision.revision or 0) >= ahead


def test_one_that_is_too_old_answers_nothing(shop: Shop) -> None:
    with (
        Replica(shop.server, token=shop.token, most_age_s=-1, or_ask=False) as old,
        Admit(shop.server, token=shop.token, space="shop", replica=old) as admit,
    ):
        with pytest.raises(Unavailable, match="too old"):
            admit.ask(QUESTIONS[2])
        with pytest.raises(Unavailable, match="too old"):
            admit.actions("user:eve", "order:o-1")
        old.or_ask = True
        assert admit.ask(QUESTIONS[2])
        assert admit.actions("user:eve", "order:o-1")


def test_it_is_handed_out_only_to_who_may_and_answers_nothing_once_they_may_no_more(shop: Shop) -> None:
    with pytest.raises(Refused, match="403"):
        Replica(shop.server, token=shop.only_asks)
    token, token_id = shop.new_token()
    with Replica(shop.server, token=token, or_ask=False) as replica:
        assert replica.decide(QUESTIONS[2], "shop")
        shop.call("DeleteBearerToken", UserName="copies", TokenId=token_id)
        with pytest.raises(Refused):
            replica.refresh()
        assert replica.decide(QUESTIONS[2], "shop") is None


def test_a_server_that_is_not_there_is_told_at_once() -> None:
    with pytest.raises(Unavailable):
        Replica("http://127.0.0.1:9", token="x")


# -- guarding what is served ---------------------------------------------------------------------------


async def show(request: Request) -> PlainTextResponse:
    """What only some may read."""
    return PlainTextResponse(f"by revision {request.scope[DECISION].revision}")


async def welcome(_request: Request) -> PlainTextResponse:
    """What anybody may read."""
    return PlainTextResponse("welcome")


def asked_by(scope: object) -> Question | None:
    """An order may be counted by whoever may count it; everything else is for anybody."""
    assert isinstance(scope, dict)
    user = dict(scope["headers"]).get(b"x-user", b"nobody").decode()
    path = scope["path"]
    return Question(f"user:{user}", "count", "order:o-1") if path.startswith("/orders/") else None


def fetched(shop: Shop, replica: Replica, *requests: tuple[str, str]) -> list[tuple[int, str]]:
    """What an application in Starlette answers, guarded by a replica."""

    async def body() -> list[tuple[int, str]]:
        app = Starlette(routes=[Route("/", welcome), Route("/orders/1", show)])
        async with AsyncAdmit(shop.server, token=shop.token, space="shop", replica=replica) as admit:
            transport = httpx.ASGITransport(Guarded(app, admit, asked_by))
            async with httpx.AsyncClient(transport=transport, base_url="http://shop") as web:
                answers = [await web.get(path, headers={"x-user": user}) for user, path in requests]
        return [(each.status_code, each.text) for each in answers]

    return asyncio.run(body())


def test_an_application_is_guarded_and_stays_closed_where_no_answer_comes(
    shop: Shop, replica: Replica
) -> None:
    found = fetched(shop, replica, ("eve", "/orders/1"), ("nobody", "/orders/1"), ("nobody", "/"))
    assert found == [
        (200, f"by revision {replica.revision}"),
        (403, "You may not do this."),
        (200, "welcome"),
    ]
    with Replica(shop.server, token=shop.token, most_age_s=-1, or_ask=False) as old:
        assert fetched(shop, old, ("eve", "/orders/1"), ("eve", "/")) == [
            (503, "Whether you may do this cannot be found out now."),
            (200, "welcome"),
        ]


def test_a_function_is_guarded_by_what_it_is_called_with(shop: Shop, replica: Replica) -> None:
    with Admit(shop.server, token=shop.token, space="shop", replica=replica) as admit:

        @permitted(admit, lambda user, order: Question(f"user:{user}", "count", f"order:{order}"))
        def counted(user: str, order: str) -> str:
            return f"{user} counts {order}"

        assert counted("eve", "o-1") == "eve counts o-1"
        with pytest.raises(Denied):
            counted("nobody", "o-1")
