"""The YAML form of an Ansible inventory.

Read as a tree of nodes rather than of values: nodes know their lines, and no tag is ever built.
"""

from typing import TypeAlias

import yaml

from admit.imports import rules
from admit.imports.inventory import Inventory, Var
from admit.imports.records import Ledger, Unfit

_NULL = "tag:yaml.org,2002:null"
_MERGE = "tag:yaml.org,2002:merge"
_PLAIN = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "timestamp")) | {
    "!unsafe"
}

Entries: TypeAlias = dict[str, tuple[int, yaml.Node | None]]
"""The entries of a mapping: key, its line, its value."""


def parse(text: str, ledger: Ledger) -> Inventory:
    """Read every group; a part that cannot be read is a fault, and the parts beside it are read."""
    inventory = Inventory()
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        ledger.fault(mark.line + 1 if mark else 1, "", f"this is not YAML: {error.problem or error.context}")
        return inventory
    except (yaml.YAMLError, ValueError, OverflowError, RecursionError) as error:
        # The scanner lets some of Python's own errors through: "\\UFFFFFFFF", brackets in thousands.
        ledger.fault(1, "", f"this is not YAML that can be read: {str(error).splitlines()[0][:100]}")
        return inventory
    if root is None:
        ledger.fault(1, "", "the file is empty")
    elif not isinstance(root, yaml.MappingNode):
        ledger.fault(
            _line(root), "", "this is no inventory: groups are expected at the top, for example all:"
        )
    else:
        _Groups(inventory, ledger).read(root)
    return inventory


class _Groups:
    """Walks the groups of one file."""

    def __init__(self, inventory: Inventory, ledger: Ledger) -> None:
        self._inventory = inventory
        self._ledger = ledger
        # An alias may stand below itself, or below many: each node is read once for each name.
        self._seen: set[tuple[int, str]] = set()

    def read(self, root: yaml.MappingNode) -> None:
        """Read the groups at the top."""
        groups = self._entries(root)
        if "plugin" in groups:
            message = "this file asks Ansible for hosts; give what ansible-inventory --list --yaml prints"
            self._ledger.fault(groups["plugin"][0], "plugin", message)
            return
        for name, (line, node) in groups.items():
            self._group(name, line, node)

    def _group(self, name: str, line: int, node: yaml.Node | None) -> None:
        try:
            rules.title(name)
        except Unfit as unfit:
            self._ledger.fault(line, "group", str(unfit))
            return
        group = self._inventory.group(name)
        if (id(node), name) in self._seen:
            return
        self._seen.add((id(node), name))
        for part, (at, value) in self._mapping(node, name).items():
            if part == "hosts":
                for pattern, (where, variables) in self._mapping(value, f"{name}.hosts").items():
                    self._host(pattern, name, where, variables)
            elif part == "children":
                for child, (where, below) in self._mapping(value, f"{name}.children").items():
                    group.children.setdefault(child, where)
                    self._group(child, where, below)
            elif part == "vars":
                group.vars.update(self._vars(value, f"{name}.vars"))
            else:
                self._ledger.note(at, f"{name}.{part}", "is not read; a group has hosts, children and vars")

    def _host(self, pattern: str, group: str, line: int, node: yaml.Node | None) -> None:
        try:
            self._inventory.place(pattern, group, line, self._vars(node, pattern))
        except Unfit as unfit:
            self._ledger.fault(line, f"{group}.hosts", str(unfit))

    def _vars(self, node: yaml.Node | None, key: str) -> dict[str, Var]:
        return {name: Var(_plain(value), line) for name, (line, value) in self._mapping(node, key).items()}

    def _mapping(self, node: yaml.Node | None, key: str) -> Entries:
        """The entries of a mapping; a bare word is a mapping of one, as for Ansible."""
        if node is None or node.tag == _NULL:
            return {}
        if isinstance(node, yaml.MappingNode):
            return self._entries(node)
        if isinstance(node, yaml.ScalarNode) and key.endswith((".hosts", ".children")):
            return {node.value: (_line(node), None)}
        self._ledger.fault(
            _line(node), key, "is no mapping; write each name on a line of its own, with a colon"
        )
        return {}

    def _entries(self, node: yaml.MappingNode, merged: set[int] | None = None) -> Entries:
        """Line and value by key; a mapping's own entries win over merged ones (``<<``), then the first."""
        # A mapping merged twice adds nothing the second time, and may be its own ancestor.
        merged = {id(node)} if merged is None else merged
        own: Entries = {}
        others: Entries = {}
        for key, value in node.value:
            if key.tag == _MERGE:
                for source in value.value if isinstance(value, yaml.SequenceNode) else (value,):
                    if isinstance(source, yaml.MappingNode) and id(source) not in merged:
                        merged.add(id(source))
                        others = {**self._entries(source, merged), **others}
            elif not isinstance(key, yaml.ScalarNode):
                self._ledger.fault(_line(key), "", "a name is expected before the colon")
            elif key.value in own:
                earlier = own[key.value][0]
                self._ledger.fault(
                    _line(key), key.value, f"stands on line {earlier} already; only that one is read"
                )
            else:
                own[key.value] = (_line(key), value)
        return {**others, **own}


def _plain(node: yaml.Node | None) -> str | None:
    return node.value if isinstance(node, yaml.ScalarNode) and node.tag in _PLAIN else None


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1
