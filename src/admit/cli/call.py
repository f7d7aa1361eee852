"""Any operation of the API, signed, from the command line."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

import click
from click.shell_completion import CompletionItem

from admit.cli.commands import loaded
from admit.cli.connection import Connect, connectable
from admit.cli.diff import say_preview
from admit.cli.output import JSON, print_json
from admit.cli.outside import value_of
from admit.cli.products import PRODUCTS
from admit.rpc.describe import allowed_values, example_of, fields_of, text_of
from admit.rpc.operation import Operation, Service
from admit.rpc.reference import code_of

SHORT = {"bastionhost": "yundun-bastionhost", "appstream": "appstream-center", "edsuser": "eds-user"}
"""Names people use for products."""


class _Service(click.ParamType[str]):
    name = "service"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        product = SHORT.get(str(value), str(value))
        if product not in PRODUCTS:
            self.fail(f"{value!r} is not a service. There are {', '.join(_names())}.", param, ctx)
        return product

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        param: click.Parameter,  # noqa: ARG002 - click's
        incomplete: str,
    ) -> list[CompletionItem]:
        return [CompletionItem(name) for name in _names() if name.startswith(incomplete)]


class _Action(click.ParamType[str]):
    name = "action"

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002 - click's
        incomplete: str,
    ) -> list[CompletionItem]:
        return [
            CompletionItem(operation.action, help=text_of(operation).splitlines()[0])
            for operation in operations_of(_product(ctx)).values()
            if operation.action.lower().startswith(incomplete.lower())
        ]


class _Parameters(click.ParamType[str]):
    name = "parameters"

    def shell_complete(
        self,
        ctx: click.Context,
        param: click.Parameter,  # noqa: ARG002 - click's
        incomplete: str,
    ) -> list[CompletionItem]:
        """The listed values of the parameter just named."""
        operation = _completed(ctx)
        words = ctx.params.get("parameters") or ()
        parameter = operation.by_name.get(words[-1].removeprefix("--")) if operation and words else None
        values = map(str, allowed_values(parameter)) if parameter else ()
        return [CompletionItem(value) for value in values if value.startswith(incomplete)]


class _Call(click.Command):
    """Also completes the parameters of the operation that is named."""

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Options, and behind the action its parameters before them."""
        operation = _completed(ctx)
        if operation is None:
            return super().shell_complete(ctx, incomplete)
        texts = fields_of(operation.shape)
        given = set(ctx.params.get("parameters") or ())
        parameters = [
            CompletionItem(f"--{each.name}", help=" ".join(texts[each.attribute].split()))
            for each in operation.parameters
            if f"--{each.name}".lower().startswith(incomplete.lower()) and f"--{each.name}" not in given
        ]
        return parameters + super().shell_complete(ctx, incomplete)


@click.command(
    cls=_Call,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": True},
    options_metavar="[OPTIONS]",
)
@click.argument("service", type=_Service())
@click.argument("action", type=_Action())
@click.argument("parameters", nargs=-1, type=_Parameters(), metavar="[--Name VALUE]...")
@click.option("--describe", is_flag=True, help="Show what the operation does and takes; call nothing.")
@click.option("--preview", is_flag=True, help="Only tell who would gain, who would lose, which sessions end.")
@JSON
@connectable
def call(  # noqa: PLR0913 - a command has the options people need
    connect: Connect,
    service: str,
    action: str,
    parameters: tuple[str, ...],
    *,
    describe: bool,
    preview: bool,
    as_json: bool,
) -> None:
    """Call ACTION of SERVICE with --Name value pairs, and print the answer as JSON.

    Lists and structures are given as JSON, --UserIds '["1","2"]', or in dotted form, --UserIds.1 1.

    Everybody on this machine can read a command line, and shells keep it: give passwords and keys as
    --Password @FILE, or @- for standard input. A value that itself begins with @ is written with two.

    A refusal is told on standard error with its code and the request's ID, and the exit code is 4.
    """
    operation = _operation(service, action)
    if describe:
        click.echo(_described(operation), nl=False)
        return
    values = {name: value_of(text) for name, text in _pairs(operation, parameters).items()}
    with connect() as client:
        if preview:
            say_preview(client, service, action, values, as_json=as_json)
        else:
            print_json(client.call(service, action, **values))


def _operation(product: str, action: str) -> Operation:
    """The operation of this name.

    Raises:
        UsageError: there is none; the text names those most like it.
    """
    operations = operations_of(product)
    if action not in operations:
        raise click.UsageError(f"{product} has no operation {action}.{_nearest(action, operations)}")
    return operations[action]


def _pairs(operation: Operation, words: tuple[str, ...]) -> dict[str, str]:
    """``--Name value`` and ``--Name=value``, in order.

    Raises:
        UsageError: a name without a value, a value without a name, a name twice, or one that the
            operation does not have: the service would pass over it in silence.
    """
    found: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        if not word.startswith("--"):
            raise click.UsageError(f"{word!r} stands without a parameter's name: write --Name value.")
        name, equals, value = word[2:].partition("=")
        if not equals:
            following = next(rest, None)
            if following is None:
                raise click.UsageError(f"--{name} stands without a value.")
            value = following
        if name in found:
            raise click.UsageError(f"--{name} is given twice: several values are written --{name}.1, .2, ...")
        if name.partition(".")[0] not in operation.by_name:
            near = _nearest(name, operation.by_name)
            raise click.UsageError(f"{operation.action} has no parameter {name}.{near}")
        found[name] = value
    return found


def _nearest(name: str, names: Iterable[str]) -> str:
    """A question that names what may have been meant; empty if nothing is like it."""
    by_folded = {each.casefold(): each for each in names}
    near = difflib.get_close_matches(name.casefold(), by_folded, 3)
    return f" Is it {' or '.join(by_folded[each] for each in near)}?" if near else ""


# -- describing ------------------------------------------------------------------------------------


def _described(operation: Operation) -> str:
    """What ``--describe`` shows."""
    texts = fields_of(operation.shape)
    page = click.HelpFormatter(max_width=110)
    page.write_text(f"{operation.service.product} {operation.action}")
    page.write_paragraph()
    page.write_text(text_of(operation))
    for title, required in (("Required", True), ("Optional", False)):
        rows = [
            (f"--{each.name}", _meaning(texts[each.attribute], allowed_values(each), example_of(each)))
            for each in operation.parameters
            if each.required is required
        ]
        if rows:
            with page.section(title):
                page.write_dl(rows)
    if operation.errors:
        with page.section("Refused with"):
            page.write_text(", ".join(sorted(code_of(error) for error in operation.errors)))
    return page.getvalue()


def _meaning(text: str, values: tuple[Any, ...], example: Any) -> str:
    parts = [" ".join(text.split())]
    if values:
        parts.append(f"One of {', '.join(map(str, values))}.")
    elif example not in (None, ""):
        parts.append(f"Example: {example}")
    return " ".join(part for part in parts if part)


# -- names -----------------------------------------------------------------------------------------


def operations_of(product: str) -> Mapping[str, Operation]:
    """The operations of a product by name; there are none where there is no such product."""
    if product not in PRODUCTS:
        return {}
    service: Service = loaded(PRODUCTS[product].place)
    return service.operations


def _names() -> list[str]:
    return [*PRODUCTS, *SHORT]


def _product(ctx: click.Context) -> str:
    """The service named so far, while a command is being completed."""
    named = str(ctx.params.get("service"))
    return SHORT.get(named, named)


def _completed(ctx: click.Context) -> Operation | None:
    """The operation named so far, while a command is being completed."""
    return operations_of(_product(ctx)).get(str(ctx.params.get("action")))
