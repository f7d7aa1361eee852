"""The reference pages: written, or compared with what stands there."""

import dataclasses
import inspect
from pathlib import Path

import click
from prometheus_client.metrics import MetricWrapperBase

from admit.base.metrics import Metrics
from admit.cli.output import DONE, NO
from admit.core.events import EVENTS
from admit.main import SERVICES
from admit.rpc import reference
from admit.rpc.operation import Registry
from admit.rpc.reference import MADE, cell, table
from admit.settings import FILE
from admit.settings_reference import reference as settings_reference


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; name the pages that differ, and exit with 1.")
@click.option(
    "--directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("docs/reference"),
    show_default=True,
    help="Where the pages stand.",
)
def docs(directory: Path, *, check: bool) -> None:
    """Compute the reference pages from the code."""
    wanted = pages()
    differing = differences(directory, wanted)
    if not check:
        for name in differing:
            _write(directory / name, wanted.get(name))
    for name in differing:
        click.echo(name)
    raise SystemExit(NO if check and differing else DONE)


def pages() -> dict[str, str]:
    """Every page of the reference, by its path below the directory of the reference."""
    found = reference.pages(Registry(SERVICES))
    found["settings.md"] = _settings_page()
    found["metrics.md"] = _metrics_page()
    found["events.md"] = _events_page()
    found["README.md"] = _contents_page(found)
    return found


def differences(directory: Path, wanted: dict[str, str]) -> list[str]:
    """The pages that are absent, different or no longer wanted; what somebody wrote by hand is left alone."""
    there = {
        path.relative_to(directory).as_posix(): path.read_text("utf-8") for path in directory.rglob("*.md")
    }
    stale = {name for name, text in there.items() if text.startswith(MADE) and name not in wanted}
    return sorted(stale | {name for name, text in wanted.items() if there.get(name) != text})


def _write(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _settings_page() -> str:
    rows = [
        (f"`{each.name}`", f"`{each.variable}`", cell(each.takes), _code(each.default), cell(each.meaning))
        for each in settings_reference()
    ]
    intro = (
        f"Settings, all but `data`, may stand in `{FILE}` in the data directory; over it counts the "
        "environment, and over both count the flags of a command. An unknown name stops the start.\n\n"
    )
    head = ("name", "in the environment", "takes", "by default", "meaning")
    return f"{MADE}# Settings\n\n{intro}" + table(head, rows)


def _metrics_page() -> str:
    rows = [
        (f"`{name}`", kind, ", ".join(f"`{label}`" for label in labels), cell(text))
        for name, kind, labels, text in _metrics()
    ]
    intro = (
        "Served in the text form of Prometheus at `/metrics`, beside what its client tells of the process "
        "(`process_…`) and of memory that is freed (`python_gc_…`).\n\n"
    )
    return f"{MADE}# Metrics\n\n{intro}" + table(("metric", "kind", "labels", "meaning"), rows)


def _metrics() -> list[tuple[str, str, tuple[str, ...], str]]:
    found = []
    for metric in vars(Metrics()).values():
        if isinstance(metric, MetricWrapperBase):
            (family,) = metric.describe()
            name = f"{family.name}_total" if family.type == "counter" else family.name
            # The client has no public word for the labels of a metric that was not used yet.
            labels = tuple(metric._labelnames)  # noqa: SLF001
            found.append((name, family.type, labels, family.documentation))
    return sorted(found)


def _events_page() -> str:
    rows = [
        (
            f"`{name}`",
            cell(inspect.getdoc(event) or ""),
            ", ".join(f"`{each.name}`" for each in dataclasses.fields(event)),
        )
        for name, event in sorted(EVENTS.items())
    ]
    intro = (
        "What is written to the change log, and chained there, with every transaction that changes policy. "
        "Moments are UNIX milliseconds.\n\n"
    )
    return f"{MADE}# Events\n\n{intro}" + table(("event", "meaning", "fields"), rows)


def _contents_page(others: dict[str, str]) -> str:
    lines = [f"* [{_title(text)}]({name})\n" for name, text in others.items()]
    return f"{MADE}# Reference\n\nComputed from the code.\n\n" + "".join(lines)


def _title(page: str) -> str:
    return page.removeprefix(MADE).partition("\n")[0].removeprefix("# ")


def _code(text: str) -> str:
    return f"`{cell(text)}`" if text else ""
