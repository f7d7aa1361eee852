"""What stands inside stored JSON, as SQL that an index can be of."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, Text
from sqlalchemy.ext.compiler import compiles


class Detail(ColumnElement[str]):
    """An attribute that is kept in ``details``, as text.

    The attribute's name is written out rather than handed over as a value: only then does a database
    know the expression again that an index is of.
    """

    inherit_cache = False
    type = Text()

    def __init__(self, details: ColumnElement[Any], name: str) -> None:
        if not name.isidentifier():
            raise ValueError(f"{name!r} is not the name of an attribute")
        self.details = details
        self.attribute = name


@compiles(Detail, "sqlite")
def _in_sqlite(detail: Detail, compiler: Any, **options: Any) -> str:
    return f"json_extract({compiler.process(detail.details, **options)}, '$.{detail.attribute}')"


@compiles(Detail, "postgresql")
def _in_postgresql(detail: Detail, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(detail.details, **options)} ->> '{detail.attribute}')"


class Renames(ColumnElement[bool]):
    """Whether an entry of the change log gives something another name."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, event: ColumnElement[str], fact: ColumnElement[str]) -> None:
        self.event = event
        self.fact = fact

    def self_group(self, against: object = None) -> "Renames":  # noqa: ARG002 - as SQLAlchemy calls it
        """It as a condition: compared with true, no index would be of it."""
        return self


@compiles(Renames, "sqlite")
def _renames_in_sqlite(renames: Renames, compiler: Any, **options: Any) -> str:
    event, fact = (compiler.process(each, **options) for each in (renames.event, renames.fact))
    return f"{event} = 'ThingChanged' AND json_extract({fact}, '$.fields.name') IS NOT NULL"


@compiles(Renames, "postgresql")
def _renames_in_postgresql(renames: Renames, compiler: Any, **options: Any) -> str:
    event, fact = (compiler.process(each, **options) for each in (renames.event, renames.fact))
    return f"{event} = 'ThingChanged' AND ({fact}::jsonb -> 'fields' -> 'name') IS NOT NULL"


class NameTold(ColumnElement[str]):
    """What an entry of the change log calls the thing that it is about."""

    inherit_cache = False
    type = Text()

    def __init__(self, fact: ColumnElement[str]) -> None:
        self.fact = fact


@compiles(NameTold, "sqlite")
def _name_in_sqlite(told: NameTold, compiler: Any, **options: Any) -> str:
    return f"json_extract({compiler.process(told.fact, **options)}, '$.thing.name')"


@compiles(NameTold, "postgresql")
def _name_in_postgresql(told: NameTold, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(told.fact, **options)}::jsonb -> 'thing' ->> 'name')"


class Contains(ColumnElement[bool]):
    """Whether a text contains another, in whatever case the letters of ASCII are."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, text: ColumnElement[str], part: ColumnElement[str]) -> None:
        self.text = text
        self.part = part

    def self_group(self, against: object = None) -> "Contains":  # noqa: ARG002 - as SQLAlchemy calls it
        """It as a condition: compared with true, no index would be of it."""
        return self


@compiles(Contains, "sqlite")
def _contains_in_sqlite(contains: Contains, compiler: Any, **options: Any) -> str:
    return _place(contains, "instr", compiler, options)


@compiles(Contains, "postgresql")
def _contains_in_postgresql(contains: Contains, compiler: Any, **options: Any) -> str:
    return _place(contains, "strpos", compiler, options)


def _place(contains: Contains, function: str, compiler: Any, options: dict[str, Any]) -> str:
    text, part = (compiler.process(each, **options) for each in (contains.text, contains.part))
    return f"{function}(lower({text}), lower({part})) > 0"


class Begins(ColumnElement[bool]):
    """Whether a text begins with another, looked up in an index of it from a place on.

    Both are below a third, the greatest text that begins so.
    """

    inherit_cache = False
    type = Boolean()

    def __init__(self, text: ColumnElement[str], *values: ColumnElement[str]) -> None:
        self.text = text
        self.values = values
        """The part, the place, the greatest."""

    def self_group(self, against: object = None) -> "Begins":  # noqa: ARG002 - as SQLAlchemy calls it
        """It as a condition: compared with true, no index would be of it."""
        return self


@compiles(Begins, "sqlite")
def _begins_in_sqlite(begins: Begins, compiler: Any, **options: Any) -> str:
    text, part, place, last = _processed(begins, compiler, options)
    return f"({part} IS NOT NULL AND {text} >= {place} AND {text} <= {last})"


@compiles(Begins, "postgresql")
def _begins_in_postgresql(begins: Begins, compiler: Any, **options: Any) -> str:
    # Its order may be that of a language: what begins so need not stand together in it.
    text, part, place, last = _processed(begins, compiler, options)
    return f"(starts_with({text}, {part}) AND {place} IS NOT NULL AND {last} IS NOT NULL)"


def _processed(begins: Begins, compiler: Any, options: dict[str, Any]) -> list[str]:
    return [compiler.process(each, **options) for each in (begins.text, *begins.values)]
