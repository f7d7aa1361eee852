"""People from CSV: name, display name, e-mail, phone, groups."""

from admit.imports import rules
from admit.imports.records import Ledger, PersonRecord, Reading
from admit.imports.table import Columns, Row, read_table

COLUMNS: Columns = {
    # "Name" beside "Username" is the display name: so GitLab, Okta and others export.
    "name": (
        "username",
        "user",
        "login",
        "loginname",
        "userlogin",
        "samaccountname",
        "account",
        "uid",
        "userid",
        "name",
    ),
    "display_name": ("displayname", "fullname", "realname", "commonname", "cn", "name"),
    "email": ("email", "mail", "emailaddress", "primaryemail", "workemail"),
    "phone": (
        "phone",
        "mobile",
        "phonenumber",
        "mobilephone",
        "mobilenumber",
        "telephone",
        "telephonenumber",
        "tel",
    ),
    "groups": ("groups", "group", "usergroups", "usergroup", "teams", "team"),
}


def read(text: str) -> Reading[PersonRecord]:
    """Read the people; several groups stand in one cell, separated by ``;`` or ``|``."""
    table = read_table(text, COLUMNS, required="name")
    first: dict[str, int] = {}
    people = []
    for row in table.rows:
        person = _person(row, table.ledger)
        if person is None:
            continue
        earlier = first.setdefault(person.name.casefold(), row.line)
        if earlier != row.line:
            table.ledger.fault(*row.place("name"), f'"{person.name}" stands on line {earlier} already')
            continue
        people.append(person)
    return table.ledger.reading(people)


def _person(row: Row, ledger: Ledger) -> PersonRecord | None:
    before = len(ledger.faults)
    name = ledger.check(row.place("name"), rules.name, row["name"])
    display_name = ledger.check(row.place("display_name"), rules.plain, row["display_name"])
    email = ledger.check(row.place("email"), rules.email, row["email"]) if row["email"] else None
    phone = ledger.check(row.place("phone"), rules.phone, row["phone"]) if row["phone"] else None
    groups = [ledger.check(row.place("groups"), rules.title, group) for group in row.listed("groups")]
    if name is None or len(ledger.faults) > before:
        return None
    return PersonRecord(row.line, name, display_name or None, email, phone, tuple(filter(None, groups)))
