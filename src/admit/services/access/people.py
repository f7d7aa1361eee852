"""People and their users: whose is which, and putting a user to another person."""

from typing import Annotated

from admit.control import names, people
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.core.validity import BEGINNING
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.access.errors import NotFound
from admit.services.access.vocabulary import Moment, PersonName, access, end, named
from admit.store import links, things
from admit.store.links import Held
from admit.store.things import Thing

NewPersonName = Annotated[
    str,
    like(
        "alice",
        "The name of a person, who is made if there is none of it.",
        min_length=1,
        max_length=256,
        # A colon is how groups are named; the look ahead keeps out a line feed at the end.
        pattern=r"^[^\x00-\x1f\x7f:]*(?!\n)$",
    ),
]
UserId = Annotated[
    str,
    like(
        "user_d6sbsuumeta4h66ec3il7yxxxx",
        "The ID of a user, as DescribePerson tells it: of eds-user the WyId, of other services the UserId.",
        min_length=1,
        max_length=128,
    ),
]


class UserOfPerson(Shape):
    """A user that is a person's."""

    user_id: UserId
    name: str
    directory: str
    """Where the user is: bastion, idaas, or account for the users of eds-user and of AD domains."""
    directory_id: str
    start_time: Moment | None = None
    """From when on the user may be used; absent if always."""
    end_time: Moment | None = None
    """Until when; absent if it has no end."""


class PersonTold(Shape):
    """A person."""

    id: str
    """Which no other person ever has."""
    name: str
    users: tuple[UserOfPerson, ...]
    """The person's users, the first first."""


def _told(call: Call, person: Thing) -> PersonTold:
    joins = links.of(call.sql, person.key, inward=False, kind=Kind.USER)
    users = things.by_keys(call.sql, [held.target for held, _ in joins])
    directories = things.by_keys(call.sql, sorted({user.parent for user in users.values()}))
    return PersonTold(
        id=person.id,
        name=person.name,
        users=tuple(_user(held, users[held.target], directories) for held, _ in joins),
    )


def _user(held: Held, user: Thing, directories: dict[int, Thing]) -> UserOfPerson:
    directory, start = directories[user.parent], held.validity.start
    return UserOfPerson(
        user_id=user.id,
        name=user.name,
        directory=directory.kind.word,
        directory_id=directory.id,
        start_time=None if start == BEGINNING else start,
        end_time=end(held.validity.end),
    )


@access.operation("get", errors=(NotFound, InvalidParameter))
class DescribePerson(Shape):
    """Shows a person with the users that are theirs: what these may use, the person may use."""

    person: PersonName

    class Response(Shape):
        """The person."""

        person: PersonTold

    def handle(self, call: Call) -> Response:
        """Find the person and tell."""
        found = named(lambda: names.person(call.sql, self.person), "Person")
        return self.Response(person=_told(call, found))


@access.operation("update", errors=(NotFound, InvalidParameter))
class SetPersonOfUser(Shape):
    """Puts a user to a person, with all that the user may use.

    A user is the person of the same name from the start, which is wrong where two humans bear one name,
    or one human bears two.

    Ours: a person who does not exist is made, and one whose last user is put to another ends.
    """

    user_id: UserId
    person: NewPersonName

    class Response(Shape):
        """The person, with all users that are theirs now."""

        changed: bool
        """False if the user was theirs already."""
        person: PersonTold

    def handle(self, call: Call) -> Response:
        """Find the user, and part and join."""
        user = things.by_id_anywhere(call.sql, Kind.USER, self.user_id)
        if user is None:
            raise NotFound(f"There is no user {self.user_id}.")
        person = people.person_named(call.tx, self.person)
        changed = people.set_person(call.tx, user, person)
        return self.Response(changed=changed, person=_told(call, person))
