"""Which reader a file is for, by its name and what stands in it."""

import re
from pathlib import PurePath
from typing import Literal, TypeAlias, get_args

from admit.imports import ansible, hosts_csv, people_csv, scim, ssh_config
from admit.imports.records import HostRecord, Include, LineFault, PersonRecord, Reading
from admit.imports.table import knows_header
from admit.imports.text import decode, lines

PeopleFormat: TypeAlias = Literal["csv", "scim"]
HostFormat: TypeAlias = Literal["csv", "ssh_config", "ansible_ini", "ansible_yaml"]

PEOPLE_FORMATS: tuple[PeopleFormat, ...] = get_args(PeopleFormat)
HOST_FORMATS: tuple[HostFormat, ...] = get_args(HostFormat)

_BY_SUFFIX: dict[str, HostFormat] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".ini": "ansible_ini",
    ".yml": "ansible_yaml",
    ".yaml": "ansible_yaml",
    ".json": "ansible_yaml",  # JSON is YAML
}
_SSH_CONFIG_NAMES = {"config", "ssh_config"}
_INVENTORY_NAMES = {"hosts", "inventory"}

_SSH_CONFIG = re.compile(r"(?:host|match|include)(?:\s*=\s*|\s+)\S", re.IGNORECASE)
_SECTION = re.compile(r"\[[^\]\s]+\]")
_YAML = re.compile(r"---(?:\s|$)|\{|[^\s:=]+:\s*(?:\{|#|$)")


def read_people(text: bytes, name: str, fmt: PeopleFormat | None = None) -> Reading[PersonRecord]:
    """The people in a file called ``name``; ``fmt`` overrides what its name and content say."""
    decoded = decode(text)
    if (fmt or _people_format(decoded, name)) == "scim":
        return scim.read(decoded)
    return people_csv.read(decoded)


def read_hosts(
    text: bytes, name: str, include: Include | None = None, fmt: HostFormat | None = None
) -> Reading[HostRecord]:
    """The hosts in a file called ``name``; ``fmt`` overrides what its name and content say.

    ``include`` finds the files that an ssh configuration includes; without it they are noted, not followed.
    """
    decoded = decode(text)
    match fmt or _host_format(decoded, name):
        case "csv":
            return hosts_csv.read(decoded)
        case "ssh_config":
            return ssh_config.read(decoded, include)
        case "ansible_ini":
            return ansible.read_ini(decoded)
        case "ansible_yaml":
            return ansible.read_yaml(decoded)
        case None:
            message = f"this is neither of {', '.join(HOST_FORMATS)}; if it is one of them, name the format"
            return Reading(faults=(LineFault(1, "", message),))


def _people_format(text: str, name: str) -> PeopleFormat:
    suffix = PurePath(name).suffix.lower()
    if suffix in {".csv", ".tsv"}:
        return "csv"
    return "scim" if suffix in {".json", ".scim"} or text.lstrip()[:1] in {"{", "["} else "csv"


def _host_format(text: str, name: str) -> HostFormat | None:
    path = PurePath(name.lower())
    said = [line.strip() for line in lines(text) if line.strip() and line.strip()[0] not in "#;"]
    # From the surest sign to the weakest.
    signs: list[tuple[bool, HostFormat | None]] = [
        (path.suffix in _BY_SUFFIX, _BY_SUFFIX.get(path.suffix)),
        (path.name in _SSH_CONFIG_NAMES, "ssh_config"),
        (any(_SECTION.match(line) for line in said), "ansible_ini"),
        (bool(said) and bool(_YAML.match(said[0])), "ansible_yaml"),
        (knows_header(text, hosts_csv.COLUMNS, required="name"), "csv"),
        (any(_SSH_CONFIG.match(line) for line in said), "ssh_config"),
        (path.stem in _INVENTORY_NAMES, "ansible_ini"),
    ]
    return next((fmt for seen, fmt in signs if seen), None)
