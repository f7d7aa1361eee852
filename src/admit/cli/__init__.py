"""The ``admit`` command. A subcommand's module is imported when it is called, so that each starts fast."""

import gc
import importlib
from typing import Any

import click

COMMANDS = {
    "init": "admit.cli.operate:init",
    "serve": "admit.cli.operate:serve",
    "launcher": "admit.cli.launcher:launcher",
    "ssh": "admit.cli.ssh:ssh",
    "demo": "admit.cli.demo:demo",
    "can": "admit.cli.ask:can",
    "explain": "admit.cli.ask:explain",
    "who": "admit.cli.ask:who",
    "what": "admit.cli.ask:what",
    "through": "admit.cli.lists:through",
    "ending": "admit.cli.lists:ending",
    "unused": "admit.cli.lists:unused",
    "diff": "admit.cli.diff:diff",
    "activity": "admit.cli.activity:activity",
    "grant": "admit.cli.ask:grant",
    "revoke": "admit.cli.ask:revoke",
    "role": "admit.cli.role:role",
    "sessions": "admit.cli.sessions:sessions",
    "requests": "admit.cli.requests:requests",
    "review": "admit.cli.review:review",
    "replay": "admit.cli.replay:replay",
    "call": "admit.cli.call:call",
    "token": "admit.cli.tokens:token",
    "scim-token": "admit.cli.scim_tokens:scim_token",
    "import": "admit.cli.imports:imports",
    "doctor": "admit.cli.upkeep:doctor",
    "verify": "admit.cli.upkeep:verify",
    "ledger": "admit.cli.ledger:ledger",
    "export": "admit.cli.export:export",
    "backup": "admit.cli.upkeep:backup",
    "restore": "admit.cli.upkeep:restore",
    "migrate": "admit.cli.upkeep:migrate",
    "authority": "admit.cli.authority:authority",
    "renew-authority": "admit.cli.upkeep:renew_authority",
    "completion": "admit.cli.completion:completion",
    "docs": "admit.cli.docs:docs",
}
"""Every subcommand and where it stands, in the order ``admit --help`` lists them."""


class Subcommands(click.Group):
    """The subcommands of :data:`COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's
        """The subcommand of a name, if there is one."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = _loaded(*COMMANDS[cmd_name].split(":"))
        return found


def _loaded(module: str, name: str) -> Any:
    """Something of a module, which is imported for it.

    What an import makes stays for good. To look through it again and again meanwhile, and find that none of
    it can go, would take a fifth of the time.
    """
    gc.disable()
    try:
        return getattr(importlib.import_module(module), name)
    finally:
        gc.freeze()
        gc.enable()


@click.group(
    cls=Subcommands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110}
)
@click.version_option(package_name="admit", prog_name="admit")
def main() -> None:
    """Decide who may use what, until when, and enforce it.

    Exit codes: 0 yes or done, 1 no, 2 usage, 3 not reachable, 4 refused.
    """
