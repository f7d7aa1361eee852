"""The catalogue of programs that can be streamed: read from ``apps.toml``, fixed where they are started."""

import shutil
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, TypeAlias

import msgspec

FILE = "apps.toml"
"""The file of the catalogue, in the data directory."""

_Line = Annotated[str, msgspec.Meta(min_length=1, max_length=256, pattern=r"^[^\x00-\x1f\x7f]*(?!\n)$")]
_Absolute = Annotated[str, msgspec.Meta(pattern=r"^/[^\x00-\x1f\x7f]+(?!\n)$", max_length=1024)]


class Program(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A program that can be streamed, and what its sandbox is given."""

    name: _Line
    """What people call it. An application of an image is this program if it has its key, or else its name."""
    command: Annotated[tuple[_Line, ...], msgspec.Meta(min_length=1, max_length=64)]
    icon: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9-]{0,40}(?!\n)$")] = "app"
    network: bool = False
    """Whether it reaches the network of this machine, all of it: its own services as well."""
    mounts: Annotated[tuple[_Absolute, ...], msgspec.Meta(max_length=32)] = ()
    """Folders it sees besides the system's programs, read only."""
    needs: Annotated[tuple[_Line, ...], msgspec.Meta(max_length=16)] = ()
    """Programs that must be installed besides the command."""
    environment: dict[_Line, str] = msgspec.field(default_factory=dict)
    memory_mb: Annotated[int, msgspec.Meta(ge=64, le=1_048_576)] = 2048
    """The most memory a session of it may take up."""
    cpus: Annotated[float, msgspec.Meta(ge=0.05, le=1024)] = 2.0
    """The most processor time it may take up, in processors."""
    processes: Annotated[int, msgspec.Meta(ge=16, le=100_000)] = 512
    """The most processes and threads it may have."""

    @property
    def missing(self) -> tuple[str, ...]:
        """What of it is not installed on this machine."""
        return tuple(each for each in dict.fromkeys((self.command[0], *self.needs)) if not shutil.which(each))


Programs: TypeAlias = Mapping[str, Program]
"""Programs by key."""


class CatalogueRefused(Exception):
    """The catalogue cannot be used. The text says where and why."""


_KEY = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}(?!\n)$")]


def read(text: str) -> Programs:
    """The programs a catalogue names.

    Raises:
        CatalogueRefused: it is not TOML, or says something that cannot be used.
    """
    try:
        return msgspec.convert(tomllib.loads(text), dict[_KEY, Program])
    except tomllib.TOMLDecodeError as error:
        raise CatalogueRefused(f"{FILE} is not TOML: {error}.") from None
    except msgspec.ValidationError as error:
        raise CatalogueRefused(f"{FILE} cannot be used: {error}.") from None


def of(directory: Path) -> Programs:
    """The programs of a data directory; none without a catalogue.

    Raises:
        CatalogueRefused: as :func:`read`; or it cannot be read.
    """
    try:
        return read((directory / FILE).read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueRefused(f"{FILE} cannot be read: {error}.") from None


def key_of(programs: Programs, key: str, name: str) -> str | None:
    """Which program an application is: the one of its key, or else of its name; None if it is none."""
    if key in programs:
        return key
    wanted = name.casefold()
    return next((each for each, program in programs.items() if program.name.casefold() == wanted), None)


DEFAULT = """\
# The programs that can be streamed into browsers. Delivery groups are made from images; an application of an
# image is one of these, by its key or its name. Nobody can start anything that does not stand here.
#
# name         what people call it              command      program and arguments, no shell
# icon         a picture of the pages           needs        programs that must be installed besides
# network      true: it reaches the network     mounts       folders it sees besides /usr, read only
# memory_mb, cpus, processes                    what one session of it may take up at most
# environment  variables it is given
#
# What is not installed on this machine is not offered. Changes are read when admit starts.

[calculator]
name = "Calculator"
icon = "calculator"
command = ["galculator"]
memory_mb = 512

[text-editor]
name = "Text Editor"
icon = "edit"
command = ["mousepad", "--disable-server"]
memory_mb = 1024

[terminal]
name = "Terminal"
icon = "terminal"
command = ["xterm", "-fa", "DejaVu Sans Mono", "-fs", "12", "-bg", "#0d1624", "-fg", "#e6ecf5", "-sl", "5000"]
memory_mb = 1024

[browser]
name = "Browser"
icon = "world"
command = ["firefox-esr"]
network = true
memory_mb = 4096
processes = 2048

[image-editor]
name = "Image Editor"
icon = "photo"
command = ["gimp", "--no-splash"]
memory_mb = 4096

[writer]
name = "Writer"
icon = "document"
command = ["soffice", "--norestore", "--nologo", "--nofirststartwizard", "--writer"]
memory_mb = 4096

[spreadsheet]
name = "Spreadsheet"
icon = "table"
command = ["soffice", "--norestore", "--nologo", "--nofirststartwizard", "--calc"]
memory_mb = 4096
"""
"""The catalogue a new data directory begins with."""
