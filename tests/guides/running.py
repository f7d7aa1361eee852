"""Whoever follows a guide: a shell in an empty home, a server in another terminal, and the vendor's SDK."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.guides.guide import Step, steps, unlike

HTTP, HTTPS, SSH = "127.0.0.1:8080", "127.0.0.1:8443", "127.0.0.1:2222"
"""Where the guides say the server is; the tests' own is at free ports."""
START, STOP = "systemctl start admit", "systemctl stop admit"
"""Blocks that the follower does itself: there is no service here."""

_KEY = re.compile(r"access key +(LTAI\w+)\n +access key secret +(\w+)")


@dataclass
class Follower:
    """Does what a guide says, block after block, and remembers what a shell would."""

    home: Path
    places: dict[str, str] = field(default_factory=dict)
    """What stands here in place of the paths and addresses of the guide."""
    key: dict[str, str] = field(default_factory=dict)
    """What stands here in place of the key, in what is typed."""
    variables: dict[str, str] = field(default_factory=dict)
    """The environment, as the last block left it."""
    server: subprocess.Popen[str] | None = None

    def __post_init__(self) -> None:
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("ADMIT_", "ALIBABA_"))
        }
        path = f"{Path(sys.executable).parent}:{clean['PATH']}"
        # Port 0 is a free one; which, the server says when it is ready.
        ports = {f"ADMIT_{scheme}": "127.0.0.1:0" for scheme in ("HTTP", "HTTPS", "SSH")}
        local = {**ports, "ADMIT_LOG_LEVEL": "ERROR"}
        self.variables = {**clean, **local, "HOME": str(self.home), "PWD": str(self.home), "PATH": path}

    @property
    def _place(self) -> str:
        """The directory the last block went to."""
        return self.variables["PWD"]

    def follow(self, step: Step) -> None:
        """Run a block: it must end well, and print what is shown below it."""
        text = _replaced(step.block.text, {**self.places, **self.key})
        place = f"the block at line {step.block.line}"
        if step.block.language == "python":
            printed = self._run([sys.executable, "-c", text], place)
        elif text.strip() == STOP:
            self.stop()
            return
        elif text.strip() == START:
            printed = self.serve("admit serve")
        elif text.splitlines()[-1].startswith("admit serve"):
            printed = self.serve(text)
        else:
            printed = self._shell(text, place)
        self._note_key(printed)
        if step.shown is not None:
            missing = unlike(_replaced(step.shown, self.places), printed)
            assert missing == [], f"{place}: no line like {missing[0]!r} in\n{printed}"

    def serve(self, text: str) -> str:
        """Run a block that ends with a server, in another terminal; returns what it says when it is ready."""
        # `exec`, so that it is the server itself that is told to stop.
        commands = re.sub(r"^admit serve", "exec admit serve", text, flags=re.MULTILINE)
        self.server = subprocess.Popen(
            ["bash", "-ec", commands], cwd=self._place, env=self.variables, stdout=subprocess.PIPE, text=True
        )
        assert self.server.stdout is not None
        ready = self.server.stdout.readline()
        for scheme, guide in (("http", HTTP), ("https", HTTPS), ("ssh", SSH)):
            found = re.search(rf"\b{scheme}://(\S+)", ready)
            assert found, f"the server said {ready!r}"
            self.places[guide] = found[1]
            self.variables[f"ADMIT_{scheme.upper()}"] = found[1]
        return ready

    def stop(self) -> None:
        """Stop the server: in good order."""
        if self.server is not None:
            self.server.terminate()
            _, _ = self.server.communicate(timeout=30)
            assert self.server.returncode == 0
            self.server = None

    def _shell(self, text: str, place: str) -> str:
        """Run commands one after the other, as long as they end well; keep what they export."""
        kept = self.home / ".exported"
        # A shell keeps its variables from one block to the next, exported or not.
        printed = self._run(["bash", "-eac", f"{text}\nenv -0 > {kept}"], place)
        self.variables = _environment(kept.read_text("utf-8"))
        return printed

    def _run(self, command: list[str], place: str) -> str:
        done = subprocess.run(
            command, cwd=self._place, env=self.variables, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{place}: exit code {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def _note_key(self, printed: str) -> None:
        """What a reader puts in place of the dots: the key they were given."""
        given = _KEY.search(printed)
        if given:
            key_id, secret = given.groups()
            self.key = {"LTAI…": key_id, '"…"': f'"{secret}"', "SECRET=…": f"SECRET={secret}"}


def _replaced(text: str, places: Mapping[str, str]) -> str:
    for theirs, ours in places.items():
        text = text.replace(theirs, ours)
    return text


def _environment(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.split("\0") if line)


@contextmanager
def follower(home: Path, places: Mapping[str, str] | None = None) -> Iterator[Follower]:
    """Somebody who begins with nothing, and leaves no server behind."""
    found = Follower(home, dict(places or {}))
    try:
        yield found
    finally:
        if found.server is not None:
            found.server.kill()
            found.server.wait()
            assert found.server.stdout is not None
            found.server.stdout.close()


def assert_leads_where_it_says(guide: str, reader: Follower) -> None:
    """Every block of a guide ends well and prints what is shown, and so does the server at the end."""
    there = steps(guide)
    assert there
    for step in there:
        reader.follow(step)
    reader.stop()
