"""People as accounts of an IDaaS instance, who sign in to applications."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from admit.cli.client import Client, Refused
from admit.cli.importing import phones
from admit.cli.importing.directory import Fields, Known, Made, Wanted, said
from admit.cli.importing.listing import by_number, by_token
from admit.imports.records import PersonRecord, Unfit

PRODUCT = "eiam"

YES = "true"


@dataclass(frozen=True, slots=True)
class Idaas:
    """The accounts of one instance; new ones stand in its root unit."""

    client: Client
    instance_id: str
    root_id: str
    """The root unit."""
    name: str = "idaas"
    batch: int = 1

    def key(self, name: str) -> str:
        """Letters do not count in their case."""
        return name.casefold()

    def wanted(self, person: PersonRecord) -> Wanted:
        """Display name, e-mail and phone."""
        fields = said(DisplayName=person.display_name, Email=person.email)
        if person.phone is None:
            return Wanted(fields)
        try:
            phone = phones.parse(person.phone)
        except Unfit as unfit:
            return Wanted(fields, notes=(f"without the phone: {unfit}",))
        return Wanted(fields | {"PhoneRegion": phone.country, "PhoneNumber": phone.number})

    def users(self) -> Iterator[tuple[str, Known]]:
        """Every account."""
        for user in by_token(self.client, PRODUCT, "ListUsers", "Users", InstanceId=self.instance_id):
            yield user["Username"], Known(user["UserId"], user)

    def create(self, new: Sequence[tuple[str, Fields]]) -> list[Made]:
        """Make accounts without passwords."""
        return [self._create(name, _vouched(fields)) for name, fields in new]

    def _create(self, name: str, fields: Fields) -> Made:
        try:
            answer = self._call(
                "CreateUser", Username=name, PrimaryOrganizationalUnitId=self.root_id, **fields
            )
        except Refused as refusal:
            return refusal
        return str(answer["UserId"])

    def change(self, user: Known, changes: Fields) -> None:
        """Write what is different."""
        self._call("UpdateUser", UserId=user.id, **_vouched(changes))

    def groups(self) -> Iterator[tuple[str, str]]:
        """Every group; groups may share a name."""
        found = by_number(self.client, PRODUCT, "ListGroups", "Groups", InstanceId=self.instance_id)
        return ((group["GroupName"], group["GroupId"]) for group in found)

    def create_group(self, name: str) -> str:
        """Make a group."""
        return str(self._call("CreateGroup", GroupName=name)["GroupId"])

    def members(self, group_id: str) -> Iterator[str]:
        """The accounts in a group."""
        found = by_number(
            self.client,
            PRODUCT,
            "ListUsersForGroup",
            "Users",
            InstanceId=self.instance_id,
            GroupId=group_id,
        )
        return (user["UserId"] for user in found)

    def join(self, group_id: str, user_ids: Sequence[str]) -> None:
        """Put accounts into a group."""
        self._call("AddUsersToGroup", GroupId=group_id, UserIds=list(user_ids))

    def _call(self, action: str, **parameters: Any) -> dict[str, Any]:
        return self.client.call(PRODUCT, action, InstanceId=self.instance_id, **parameters)


def _vouched(fields: Fields) -> Fields:
    """The fields, with the administrator's word that the addresses are whose the file says they are."""
    vouched = {}
    if "Email" in fields:
        vouched["EmailVerified"] = YES
    if "PhoneRegion" in fields or "PhoneNumber" in fields:
        vouched["PhoneNumberVerified"] = YES
    return fields | vouched
