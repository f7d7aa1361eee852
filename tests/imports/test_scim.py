import json

import pytest

from admit.imports import scim
from admit.imports.records import PersonRecord, Reading

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


def read(document: object) -> Reading[PersonRecord]:
    return scim.read(json.dumps(document))


def faults(document: object) -> list[tuple[str, str]]:
    return [(fault.column_or_key, fault.message) for fault in read(document).faults]


def test_a_list_response_gives_a_person_for_each_user():
    reading = read(
        {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": 2,
            "Resources": [
                {
                    "schemas": [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
                    "id": "2819c223",
                    "userName": "bjensen@example.com",
                    "name": {"formatted": "Ms. Barbara J Jensen, III", "familyName": "Jensen"},
                    "displayName": "Babs Jensen",
                    "emails": [
                        {"value": "babs@jensen.example", "type": "home"},
                        {"value": "bjensen@example.com", "type": "work", "primary": True},
                    ],
                    "phoneNumbers": [{"value": "tel:+1-201-555-0123", "type": "work"}],
                    "active": True,
                    "groups": [
                        {"value": "e9e30dba", "display": "Tour Guides"},
                        {"value": "fc348aa8", "display": "Staff"},
                    ],
                },
                {
                    "schemas": [USER],
                    "id": "7",
                    "userName": "carol",
                    "name": {"givenName": "Carol", "familyName": "Lee"},
                },
            ],
        }
    )

    assert reading == Reading(
        (
            PersonRecord(
                0,
                "bjensen@example.com",
                "Babs Jensen",
                "bjensen@example.com",
                "+1-201-555-0123",
                ("Tour Guides", "Staff"),
            ),
            PersonRecord(0, "carol", "Carol Lee"),
        )
    )


@pytest.mark.parametrize(
    "document", [[{"userName": "alice"}], {"userName": "alice"}, {"resources": [{"USERNAME": "alice"}]}]
)
def test_an_array_and_one_user_will_do_and_attribute_names_in_any_case(document):
    assert read(document) == Reading((PersonRecord(0, "alice"),))


def test_groups_give_their_members_their_title_through_nested_groups_too():
    reading = read(
        {
            "Resources": [
                {"schemas": [USER], "id": "u1", "userName": "alice", "groups": [{"value": "g3"}]},
                {"schemas": [USER], "id": "u2", "userName": "bob"},
                {
                    "schemas": [GROUP],
                    "id": "g1",
                    "displayName": "DBA",
                    "members": [{"value": "u1"}, {"value": "u2"}],
                },
                {
                    "schemas": [GROUP],
                    "id": "g2",
                    "displayName": "Engineering",
                    "members": [{"value": "g1", "type": "Group"}],
                },
                {
                    "schemas": [GROUP],
                    "id": "g3",
                    "displayName": "On call",
                    "members": [{"value": "u1"}, {"value": "g2"}],
                },
            ]
        }
    )

    assert [(person.name, person.groups) for person in reading.records] == [
        ("alice", ("On call", "DBA", "Engineering")),
        ("bob", ("DBA", "Engineering", "On call")),
    ]
    assert reading.faults == reading.notes == ()


def test_groups_that_hold_each_other_end():
    group = {"schemas": [GROUP], "displayName": "A", "id": "a", "members": [{"value": "b"}, {"value": "u"}]}
    other = {"schemas": [GROUP], "displayName": "B", "id": "b", "members": [{"value": "a"}]}

    [person] = read([group, other, {"id": "u", "userName": "alice"}]).records

    assert person.groups == ("A", "B")


def test_nobody_joins_a_group_by_taking_the_id_of_another_as_a_name():
    group = {
        "schemas": [GROUP],
        "id": "g",
        "displayName": "Admins",
        "members": [{"value": "u1", "display": "mallory"}],
    }
    users = [
        {"id": "u1", "userName": "alice"},
        {"id": "u2", "userName": "u1"},
        {"id": "u3", "userName": "mallory"},
    ]

    people = read([group, *users]).records

    assert [(person.name, person.groups) for person in people] == [
        ("alice", ("Admins",)),
        ("u1", ()),
        ("mallory", ()),
    ]


def test_members_outside_of_the_file_and_further_pages_are_noted():
    group = {"schemas": [GROUP], "id": "g", "displayName": "A", "members": [{"value": "u1"}, {"value": "u2"}]}

    reading = read({"totalResults": 250, "Resources": [{"id": "u1", "userName": "alice"}, group]})

    assert [person.groups for person in reading.records] == [("A",)]
    assert [str(note) for note in reading.notes] == [
        "totalResults: this is one page: 2 of 250 resources",
        "Resources[1].members: 1 of 2 are not in this file",
    ]


def test_who_is_not_active_is_left_out_with_a_note():
    reading = read([{"userName": "alice", "active": False}, {"userName": "bob", "active": True}])

    assert [person.name for person in reading.records] == ["bob"]
    assert reading.faults == ()
    assert [str(note) for note in reading.notes] == ['[0].active: "alice" is not active and left out']


@pytest.mark.parametrize(
    ("emails", "taken"),
    [
        ([{"value": "a@x.example"}, {"value": "b@x.example"}], "a@x.example"),
        ([{"value": "a@x.example", "type": "home"}, {"value": "b@x.example", "type": "work"}], "b@x.example"),
        (
            [{"value": "a@x.example", "type": "work"}, {"value": "b@x.example", "primary": True}],
            "b@x.example",
        ),
        ([{"type": "work"}, {"value": "b@x.example"}], "b@x.example"),
        (["a@x.example"], "a@x.example"),
        ({"value": "a@x.example"}, "a@x.example"),
        ([], None),
        (None, None),
    ],
)
def test_of_several_addresses_the_primary_one_is_taken(emails, taken):
    [person] = read([{"userName": "alice", "emails": emails}]).records

    assert person.email == taken


def test_all_faults_are_told_with_their_paths():
    document = {
        "Resources": [
            {
                "userName": "two words",
                "emails": [{"value": "ok@example.com"}, {"value": "nobody", "primary": True}],
            },
            {"schemas": [USER], "phoneNumbers": [{"value": "call me"}]},
            "alice",
            {"userName": "bob"},
            {"userName": "BOB"},
            {"userName": "dave", "groups": [7]},
        ]
    }

    assert faults(document) == [
        ("Resources[2]", "is not an object"),
        ("Resources[0].userName", '"two words" is more than one word'),
        ("Resources[0].emails[1].value", '"nobody" is not an e-mail address'),
        ("Resources[1].userName", "is empty"),
        ("Resources[1].phoneNumbers[0].value", '"call me" is not a telephone number'),
        ("Resources[4].userName", '"BOB" stands at Resources[3] already'),
        ("Resources[5].groups[0]", "is not an object"),
    ]
    assert [person.name for person in read(document).records] == ["bob"]


@pytest.mark.parametrize("document", [{}, [], 7, None, "x", {"Resources": {}}, {"Resources": None}])
def test_a_document_without_users_gives_none(document):
    reading = read(document)

    assert reading.records == ()
    assert bool(reading.faults) == (document != [])


def test_text_that_is_not_json_is_told_with_its_line():
    assert [str(fault) for fault in scim.read('[\n  {"userName": "alice"},\n  oops\n]').faults] == [
        "line 3, column 3: this is not JSON: Expecting value"
    ]


@pytest.mark.parametrize("text", ["[" * 100_000, "[" + "9" * 5000 + "]", ""])
def test_json_made_to_break_a_reader_is_a_fault(text):
    assert [fault.line for fault in scim.read(text).faults] == [1]


def test_half_a_surrogate_pair_is_no_text():
    assert [fault.column_or_key for fault in scim.read('[{"userName": "a\\ud800"}]').faults] == [
        "[0].userName"
    ]
