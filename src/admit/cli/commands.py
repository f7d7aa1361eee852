"""Every subcommand: where it stands, and what ``admit --help`` says of it without loading it."""

import gc
import importlib
from typing import Any, NamedTuple


class Subcommand(NamedTuple):
    """A subcommand that has not been loaded."""

    place: str
    """The module and the name in it."""
    line: str
    """The first sentence of its help."""


COMMANDS = {
    "init": Subcommand(
        "admit.cli.operate:init",
        "Make a new data directory: database, sealed keys, certificate authority, first access key "
        "and admin.",
    ),
    "serve": Subcommand(
        "admit.cli.operate:serve",
        "Serve everything in one process, until it is told to stop (Ctrl-C, SIGTERM).",
    ),
    "launcher": Subcommand(
        "admit.cli.launcher:launcher",
        "Start streamed applications for an `admit serve` that is not root (setting streaming_launcher).",
    ),
    "ssh": Subcommand(
        "admit.cli.ssh:ssh",
        "Serve SSH alone, without the database and the keys: all that it must know it asks of `admit serve`.",
    ),
    "demo": Subcommand(
        "admit.cli.demo:demo",
        "Run a complete example: a real server, the vendor's own SDK, and what each call changed.",
    ),
    "can": Subcommand(
        "admit.cli.ask:can",
        "Tell whether PERSON may use RESOURCE; exit 0 for yes, 1 for no.",
    ),
    "explain": Subcommand(
        "admit.cli.ask:explain",
        "Show every open path from PERSON to RESOURCE, or what is missing; exit 0 for yes, 1 for no.",
    ),
    "who": Subcommand(
        "admit.cli.lists:who",
        "List everybody who may use RESOURCE, now or at any moment.",
    ),
    "what": Subcommand(
        "admit.cli.lists:what",
        "List everything PERSON may use, now or at any moment.",
    ),
    "through": Subcommand(
        "admit.cli.lists:through",
        "List everybody with a way through THING: group:NAME, unit:NAME, rule:NAME, or what can be used.",
    ),
    "ending": Subcommand(
        "admit.cli.lists:ending",
        "List every grant that ends soon, those that end first before others.",
    ),
    "unused": Subcommand(
        "admit.cli.lists:unused",
        "List every grant that nobody has used for a time: what could be taken back.",
    ),
    "diff": Subcommand(
        "admit.cli.diff:diff",
        "Tell who gained and who lost between EARLIER and LATER (or now), and by whose doing.",
    ),
    "activity": Subcommand(
        "admit.cli.activity:activity",
        "List what has happened, the newest first: calls, decisions, sign-ins, sessions, commands.",
    ),
    "grant": Subcommand(
        "admit.cli.ask:grant",
        "Grant SUBJECT (a person, or group:NAME) the RESOURCE, for ever or for a time.",
    ),
    "revoke": Subcommand(
        "admit.cli.ask:revoke",
        "Take back what SUBJECT (a person, or group:NAME) was granted of RESOURCE.",
    ),
    "role": Subcommand(
        "admit.cli.role:role",
        "Run a command with a temporary key for a cloud role; without one, print the key as JSON.",
    ),
    "sessions": Subcommand(
        "admit.cli.sessions:sessions",
        "List live sessions, or end one: exit 1 if it was over already.",
    ),
    "requests": Subcommand(
        "admit.cli.requests:requests",
        "List requests for access that wait, or decide on one: an approval is a grant for a time.",
    ),
    "review": Subcommand(
        "admit.cli.review:review",
        "Review access: ask of grants whether they are still needed; what is not, ends.",
    ),
    "replay": Subcommand(
        "admit.cli.replay:replay",
        "Play the recording ID as it was; without an ID, list the newest recordings.",
    ),
    "call": Subcommand(
        "admit.cli.call:call",
        "Call ACTION of SERVICE with --Name value pairs, and print the answer as JSON.",
    ),
    "token": Subcommand(
        "admit.cli.tokens:token",
        "Make, list and revoke the bearer tokens of programs that ask for decisions.",
    ),
    "scim-token": Subcommand(
        "admit.cli.scim_tokens:scim_token",
        "Make, list and end the connections of outside directories (SCIM).",
    ),
    "import": Subcommand(
        "admit.cli.imports:imports",
        "Import people or hosts from a file; what is there already is changed where it differs.",
    ),
    "doctor": Subcommand(
        "admit.cli.upkeep:doctor",
        "Look at keys, clock, disk, database, certificates, ports and mail, and say what to do about them.",
    ),
    "verify": Subcommand(
        "admit.cli.upkeep:verify",
        "Walk the whole ledger and compare database and recordings with it; exit 1 if anything does not fit.",
    ),
    "ledger": Subcommand(
        "admit.cli.ledger:ledger",
        "Print the entries of the ledger, the oldest first: what was changed, by whom, by which call.",
    ),
    "export": Subcommand(
        "admit.cli.export:export",
        "Write a signed file about a moment, or about all changes of a time, that needs nothing else "
        "to check.",
    ),
    "backup": Subcommand(
        "admit.cli.upkeep:backup",
        "Write a backup to FILE, while the system is served or not.",
    ),
    "restore": Subcommand(
        "admit.cli.upkeep:restore",
        "Make a new data directory from the backup FILE; its ledger is verified before anything is there.",
    ),
    "migrate": Subcommand(
        "admit.cli.upkeep:migrate",
        "Bring the database to the schema of this version.",
    ),
    "authority": Subcommand(
        "admit.cli.authority:authority",
        "Show what hosts are to trust.",
    ),
    "renew-authority": Subcommand(
        "admit.cli.upkeep:renew_authority",
        "Make a new certificate authority and a server certificate by it.",
    ),
    "completion": Subcommand(
        "admit.cli.completion:completion",
        "Print the script that completes commands in SHELL.",
    ),
    "docs": Subcommand(
        "admit.cli.docs:docs",
        "Compute the reference pages from the code.",
    ),
}
"""In the order ``admit --help`` lists them."""


def loaded(place: str) -> Any:
    """What stands at a place, ``module:name``; the module is imported for it.

    What an import makes stays for good. To look through it again and again meanwhile, and find that none of
    it can go, would take a fifth of the time.
    """
    module, _, name = place.partition(":")
    gc.disable()
    try:
        return getattr(importlib.import_module(module), name)
    finally:
        gc.freeze()
        gc.enable()
