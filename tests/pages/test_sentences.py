"""What the control plane tells in sentences is known in every language, whoever is named in it."""

import ast
import re
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine

import admit
from admit.control.answers.sentences import sentence
from admit.control.live import session_words
from admit.control.live.session_checks import by_order
from admit.control.names import Named
from admit.core.access import Decision, Question, Reason
from admit.core.links import STEPS, Kind, Link, Ref, stage_of
from admit.core.restrictions import Channel, Decided, Policy, Restrictions
from admit.core.sessions import Cause, Closing, Outcome
from admit.core.sources import Acl, Sources
from admit.core.terms import Unmet
from admit.core.validity import DAY, HOUR, MINUTE, PERMANENT, SECOND
from admit.pages.sentences import said, told
from admit.pages.sentences import sentence as sentence_of
from admit.pages.words import LANGUAGES
from admit.porter.refusals import Refusal, not_granted
from admit.ssh.guard import REFUSALS, WAITS
from admit.store.things import Thing
from admit.streaming.refusals import FORMS
from admit.terminal.channel import FORMS as OF_THE_TERMINAL

OTHERS = [each for each in LANGUAGES if each != "en"]
WHO, WHAT = Ref(Kind.USER, 1), Ref(Kind.HOST, 2)


def called(*refs: Ref) -> dict[int, Named]:
    """Things with names that no language translates."""
    return {
        ref.key: Named(Thing(ref.key, ref.kind, 0, str(ref.key), f"N{ref.key}", b"{}", 0, 0), f"N{ref.key}")
        for ref in refs
    }


def decisions() -> Iterator[str]:
    """Every decision, about now, then and later."""
    question = Question(WHO, WHAT)
    for reason, at in product(Reason, (1, 2, 3)):
        unmet = Unmet(reason, "N9") if reason in (Reason.OTHER_ACTIONS, Reason.CONDITION_NOT_MET) else None
        blocked = WHAT if reason is Reason.DISABLED else None
        if reason is not Reason.INPUT_MISSING:
            yield sentence(
                Decision(question, reason, at, 1, blocked=blocked, unmet=unmet), called(WHO, WHAT), 2
            )


def ends() -> Iterator[str]:
    """Every reason for which a session ends."""
    for source, targets in STEPS.items():
        for target in targets:
            ends_ = Ref(source, 1), Ref(target, 2)
            link = Link(*ends_, PERMANENT)
            for closing in (Closing.REVOKED, Closing.CHANGED, Closing.PAST):
                assert stage_of(source, target) is not None
                yield session_words.why(Cause(closing, ends_[1], link=link), called(*ends_))
    for word in ("locked", "disabled"):
        yield session_words.why(Cause(Closing.BLOCKED, WHO, word=word), called(WHO))
    yield session_words.why(Cause(Closing.GONE, WHO), called(WHO))
    yield by_order("acs:ram::1:user/N1", "").reason
    yield by_order("acs:ram::1:user/N1", "N2").reason
    yield session_words.ended("N1", "the grant was revoked")
    for left in (MINUTE, HOUR):
        yield session_words.ends_soon("N1", left)
        yield session_words.ends_soon("N1", left, over=True)
        yield session_words.goes_on("N1", left)
    yield session_words.goes_on("N1", None)
    yield from (f"{each}: the grant was revoked" for each in Outcome)


def restrictions() -> Iterator[str]:
    """What control policies refuse and leave."""
    policy = Policy("1", "N1", 1)
    shut = Restrictions(
        sources=Decided(policy, Sources(Acl.WHITE, ("10.0.0.0/8",))),
        approval=Decided(policy, rule=True),
        channels=Decided(policy, frozenset()),
    )
    for refusal in (shut.at_logon("192.0.2.1", 0), shut.at_logon("10.0.0.1", 0)):
        assert refusal is not None
        yield refusal.text
    yield from (refusal.text for channel in Channel if (refusal := shut.refuses(channel)) is not None)
    yield from (each.text for each in shut.told(0))


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("tell", [decisions, ends, restrictions])
def test_every_sentence_is_told_in_every_language(language: str, tell: Callable[[], Iterator[str]]) -> None:
    left = {text: said(language, text) for text in tell()}
    assert len(left) > 3
    # Nothing English is left: only names, and what a protocol is called.
    assert {text: other for text, other in left.items() if re.search("[a-z]{2}", other)} == {}


def refusals() -> Iterator[str]:
    """Every reason with which the SSH door and its porter refuse, as it stands in their code."""
    for room in ("ssh", "porter"):
        for file in (Path(admit.__file__).parent / room).glob("*.py"):
            for call in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "").endswith("Refused"):
                    yield from (text for each in call.args[:1] if (text := _text(each)))


def of_the_doctor() -> Iterator[str]:
    """What a look at the server finds, and what it says to do, as it stands in its code."""
    named = {"seen", "advice", "_RENEWED_BY_ITSELF", "_NEW_AUTHORITY"}
    for each in ast.walk(ast.parse((Path(admit.__file__).parent / "doctor.py").read_text("utf-8"))):
        if isinstance(each, ast.Call) and getattr(each.func, "id", "") == "Finding":
            yield from map(_text, each.args[2:])
        if isinstance(each, ast.Assign) and getattr(each.targets[0], "id", "") in named:
            yield _text(each.value)


@pytest.mark.parametrize("language", OTHERS)
def test_all_that_the_doctor_finds_is_told_in_every_language(language: str) -> None:
    commands = ("admit ", "chmod ")
    texts = {
        text
        for text in of_the_doctor()
        if text.replace("N1", "").strip(": ") and not text.startswith(commands)
    }
    assert len(texts) > 30
    assert [text for text in texts if said(language, text) == text] == []


def _text(written: ast.expr) -> str:
    """A text of code with a name for all that varies in it; empty if it does not stand there."""
    if isinstance(written, ast.Constant):
        return str(written.value)
    if not isinstance(written, ast.JoinedStr):
        return ""
    return "".join(str(each.value) if isinstance(each, ast.Constant) else "N1" for each in written.values)


@pytest.mark.parametrize("language", OTHERS)
def test_no_refusal_of_the_ssh_door_is_left_in_english(language: str) -> None:
    texts = {
        *refusals(),
        not_granted("N1").reason,
        *(line.partition(": ")[2] for line in (*REFUSALS.values(), WAITS)),
    }
    assert len(texts) > 30
    # Commands stay as they are typed.
    left = {text: re.sub("`.*?`", "", said(language, text)) for text in texts}
    assert {text: other for text, other in left.items() if re.search("[a-z]+ [a-z]+ [a-z]+", other)} == {}


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("away", [SECOND, MINUTE, 3 * MINUTE, HOUR, 5 * HOUR, DAY, 9 * DAY])
def test_when_access_begins_and_has_ended_is_told_in_every_language(language: str, away: int) -> None:
    for reason, at in product((Reason.STARTS_LATER, Reason.HAS_ENDED), (-away, away)):
        decision = Decision(Question(WHO, WHAT), reason, 0, 1, changes_at=at)
        with create_engine("sqlite://", poolclass=NullPool).connect() as nothing_is_asked:
            told_ = Refusal(decision, "N1").told(nothing_is_asked).reason
        assert re.search("[a-z]{2}", said(language, told_)) is None, told_


@pytest.mark.parametrize("language", OTHERS)
def test_all_that_the_web_terminal_says_is_told_in_every_language(language: str) -> None:
    assert [form for form in OF_THE_TERMINAL if form not in told(language)] == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_sentence_keeps_what_varies_in_it(language: str) -> None:
    places = re.compile(r"{(\w+)}")
    assert [
        text
        for text, other in told(language).items()
        if sorted(places.findall(text)) != sorted(places.findall(other))
    ] == []


def test_a_clause_becomes_a_sentence() -> None:
    assert sentence_of("en", "the grant was revoked") == "The grant was revoked."
    assert sentence_of("en", "It was given up.") == "It was given up."
    assert sentence_of("zh", "the grant was revoked") == "授权已被撤销。"
    assert sentence_of("zh", "It was given up.") == "已放弃。"


@pytest.mark.parametrize("language", OTHERS)
def test_all_that_the_streaming_door_says_is_told_in_every_language(language: str) -> None:
    assert [form for form in FORMS if form not in told(language)] == []


def test_what_somebody_wrote_stays_as_it_is() -> None:
    assert said("zh", "maintenance {why} begins") == "maintenance {why} begins"
    assert said("zh", "carol may use {0}.") == "carol 可以使用 {0}。"
    assert said("en", "the grant was revoked") == "the grant was revoked"
    assert said("zh", "x" * 700) == "x" * 700
