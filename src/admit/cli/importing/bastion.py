"""People as local users of a bastion host."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from admit.base.chance import ID_LETTERS, Chance
from admit.cli.client import Client, Refused
from admit.cli.importing import phones
from admit.cli.importing.directory import Fields, Known, Made, Wanted, said
from admit.cli.importing.listing import by_number
from admit.imports.records import PersonRecord, Unfit

PRODUCT = "yundun-bastionhost"

_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")

# The countries whose numbers a bastion host takes (CreateUser, MobileCountryCode), by their country codes.
_COUNTRIES = {
    "86": "CN", "852": "HK", "853": "MO", "886": "TW", "7": "RU", "65": "SG", "60": "MY", "62": "ID",
    "49": "DE", "61": "AU", "1": "US", "971": "AE", "81": "JP", "44": "GB", "91": "IN", "82": "KR",
    "63": "PH", "41": "CH", "46": "SE", "966": "SA",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bastion:
    """The users of one bastion host."""

    client: Client
    instance_id: str
    chance: Chance
    name: str = "bastion"
    batch: int = 1

    def key(self, name: str) -> str:
        """Letters count in their case."""
        return name

    def wanted(self, person: PersonRecord) -> Wanted:
        """Display name, e-mail and mobile number.

        Raises:
            Unfit: the name is none for a bastion host.
        """
        if not _NAME.fullmatch(person.name):
            raise Unfit("its names are made of letters, digits, - and _")
        fields = said(DisplayName=person.display_name, Email=person.email)
        if person.phone is None:
            return Wanted(fields)
        try:
            phone = phones.parse(person.phone)
        except Unfit as unfit:
            return Wanted(fields, notes=(f"without the phone: {unfit}",))
        country = _COUNTRIES.get(phone.country)
        if country is None:
            return Wanted(fields, notes=(f"without the phone: it takes no numbers of +{phone.country}",))
        return Wanted(fields | {"Mobile": phone.number, "MobileCountryCode": country})

    def users(self) -> Iterator[tuple[str, Known]]:
        """Every user, local or not."""
        for user in by_number(self.client, PRODUCT, "ListUsers", "Users", InstanceId=self.instance_id):
            yield user["UserName"], Known(user["UserId"], user)

    def create(self, new: Sequence[tuple[str, Fields]]) -> list[Made]:
        """Make local users, each with a password of its own that nobody sees."""
        return [self._create(name, fields) for name, fields in new]

    def _create(self, name: str, fields: Fields) -> Made:
        try:
            answer = self._call(
                "CreateUser", Source="Local", UserName=name, Password=self._password(), **fields
            )
        except Refused as refusal:
            return refusal
        return str(answer["UserId"])

    def _password(self) -> str:
        # 24 of 64 letters are 144 bits; what follows has one of each kind of letter that is asked for.
        return self.chance.text(24, f"{ID_LETTERS}{ID_LETTERS[:26].upper()}-_") + "-aA1"

    def change(self, user: Known, changes: Fields) -> None:
        """Write what is different."""
        self._call("ModifyUser", UserId=user.id, **changes)

    def groups(self) -> Iterator[tuple[str, str]]:
        """Every user group."""
        found = by_number(self.client, PRODUCT, "ListUserGroups", "UserGroups", InstanceId=self.instance_id)
        return ((group["UserGroupName"], group["UserGroupId"]) for group in found)

    def create_group(self, name: str) -> str:
        """Make a user group."""
        return str(self._call("CreateUserGroup", UserGroupName=name)["UserGroupId"])

    def members(self, group_id: str) -> Iterator[str]:
        """The users in a user group."""
        found = by_number(
            self.client, PRODUCT, "ListUsers", "Users", InstanceId=self.instance_id, UserGroupId=group_id
        )
        return (user["UserId"] for user in found)

    def join(self, group_id: str, user_ids: Sequence[str]) -> None:
        """Add users to a user group; one that is gone meanwhile is passed over by the bastion host."""
        self._call("AddUsersToGroup", UserGroupId=group_id, UserIds=list(user_ids))

    def _call(self, action: str, **parameters: Any) -> dict[str, Any]:
        return self.client.call(PRODUCT, action, InstanceId=self.instance_id, **parameters)
