"""People as convenience users, who use streamed applications."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from admit.cli.client import Client, Refused
from admit.cli.importing import phones
from admit.cli.importing.directory import Fields, Known, Made, Wanted, said
from admit.cli.importing.listing import by_number, by_token
from admit.imports.records import PersonRecord, Unfit

PRODUCT = "eds-user"

_NAME = re.compile(r"[a-z0-9_]{3,24}")


@dataclass(frozen=True, slots=True)
class Apps:
    """The convenience users of the account."""

    client: Client
    name: str = "apps"
    batch: int = 100
    """The most users CreateUsers takes."""

    def key(self, name: str) -> str:
        """Letters count in their case; all are small."""
        return name

    def wanted(self, person: PersonRecord) -> Wanted:
        """E-mail and phone, and the display name while the user is made.

        Raises:
            Unfit: the name is none here, or there is neither e-mail nor phone.
        """
        if not _NAME.fullmatch(person.name):
            raise Unfit("its names have 3 to 24 small letters, digits and _")
        notes: tuple[str, ...] = ()
        phone = None
        if person.phone is not None:
            try:
                parts = phones.parse(person.phone)
            except Unfit as unfit:
                notes = (f"without the phone: {unfit}",)
            else:
                # Numbers of the vendor's own country are written without its code there.
                home = parts.country == phones.CHINA
                phone = parts.number if home else f"+{parts.country}{parts.number}"
        if not (person.email or phone):
            raise Unfit("it asks for an e-mail address or a phone number")
        return Wanted(said(Email=person.email, Phone=phone), said(RealNickName=person.display_name), notes)

    def users(self) -> Iterator[tuple[str, Known]]:
        """Every convenience user, by the name that is the ID as well."""
        for user in by_token(self.client, PRODUCT, "DescribeUsers", "Users"):
            yield user["EndUserId"], Known(user["EndUserId"], user)

    def create(self, new: Sequence[tuple[str, Fields]]) -> list[Made]:
        """Make users in one call, without passwords: they begin with a reset."""
        users = [{"EndUserId": name, **fields} for name, fields in new]
        answer = self.client.call(PRODUCT, "CreateUsers", Users=users)
        failed = {
            each["EndUserId"]: Refused(400, {"Code": each["ErrorCode"], "Message": each["ErrorMessage"]})
            for each in answer["CreateResult"]["FailedUsers"]
        }
        return [failed.get(name, name) for name, _ in new]

    def change(self, user: Known, changes: Fields) -> None:
        """Write what is different."""
        self.client.call(PRODUCT, "ModifyUser", EndUserId=user.id, **changes)

    def groups(self) -> Iterator[tuple[str, str]]:
        """Every user group."""
        found = by_number(self.client, PRODUCT, "DescribeGroups", "Groups")
        return ((group["GroupName"], group["GroupId"]) for group in found)

    def create_group(self, name: str) -> str:
        """Make a user group."""
        return str(self.client.call(PRODUCT, "CreateGroup", GroupName=name)["GroupId"])

    def members(self, group_id: str) -> Iterator[str]:
        """The users in a user group."""
        found = by_token(self.client, PRODUCT, "DescribeGroupUser", "Users", GroupId=group_id)
        return (user["EndUserId"] for user in found)

    def join(self, group_id: str, user_ids: Sequence[str]) -> None:
        """Put users into a user group."""
        self.client.call(PRODUCT, "UserBatchJoinGroup", GroupId=group_id, EndUserIds=list(user_ids))
