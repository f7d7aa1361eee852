"""Python: the vendor's SDK of the service, or its generic client for a service of our own."""

from typing import Any

from admit.explorer.fields import Field
from admit.explorer.samples.asked import KEY_ID, KEY_SECRET, Asked, snake
from admit.explorer.samples.packages import PACKAGES
from admit.explorer.values import flattened

_WIDTH = 96


def python(asked: Asked) -> str:
    """A program that makes the call and prints the answer."""
    packages = PACKAGES.get(asked.product)
    return _generic(asked) if packages is None else _with_sdk(asked, packages.python)


def _with_sdk(asked: Asked, package: str) -> str:
    method = snake(asked.action)
    if asked.operation.parameters:
        model = _model(f"models.{asked.action}Request", asked.fields, asked.values, 1)
        call = f"client.{method}(\n    {model}\n)"
        imports = f"from {package} import models\n"
    else:
        call, imports = f"client.{method}()", ""
    return (
        f"# pip install {package.replace('_', '-')}\n"
        "import os\n\n"
        "from alibabacloud_tea_openapi.utils_models import Config\n"
        f"{imports}from {package}.client import Client\n\n"
        f"{_client(asked)}"
        f"response = {call}\n"
        "print(response.body.to_map())\n"
    )


def _client(asked: Asked) -> str:
    # Only the files that a client trusts differ between the two.
    trust = (
        '        ca=os.environ.get("ADMIT_CA"),  # the authority of the server\n'
        if asked.server.secure
        else ""
    )
    return (
        "client = Client(\n"
        "    Config(\n"
        f'        access_key_id=os.environ["{KEY_ID}"],\n'
        f'        access_key_secret=os.environ["{KEY_SECRET}"],\n'
        f"        endpoint={_text(asked.server.address)},\n"
        f'        protocol="{asked.server.scheme}",\n'
        f"{trust}"
        "    )\n"
        ")\n"
    )


def _model(name: str, fields: tuple[Field, ...], values: dict[str, Any], depth: int) -> str:
    by_name = {field.name: field for field in fields}
    inside = [
        f"{snake(key)}={_value(f'{name}{key}', by_name[key], value, depth + 1)}"
        for key, value in values.items()
        if key in by_name
    ]
    return _broken(f"{name}(", inside, ")", depth)


def _value(name: str, field: Field, value: Any, depth: int) -> str:
    if field.sort == "struct" and isinstance(value, dict):
        return _model(name, field.parts, value, depth)
    if field.sort == "list" and isinstance(value, list) and field.parts:
        items = [_value(name, field.parts[0], each, depth + 1) for each in value]
        return _broken("[", items, "]", depth)
    return _text(value) if isinstance(value, str) else repr(value)


def _broken(before: str, parts: list[str], after: str, depth: int) -> str:
    """On one line if it is short, else a line for each part."""
    line = f"{before}{', '.join(parts)}{after}"
    if "\n" not in line and len(line) + depth * 4 <= _WIDTH:
        return line
    indent = "    " * (depth + 1)
    return f"{before}\n" + "".join(f"{indent}{each},\n" for each in parts) + f"{'    ' * depth}{after}"


def _text(text: str) -> str:
    """A text as Python writes it, with double quotes where they need no escape."""
    shown = repr(text)
    plain = shown.startswith("'") and '"' not in shown and "\\'" not in shown
    return f'"{shown[1:-1]}"' if plain else shown


def _generic(asked: Asked) -> str:
    query = [f"{_text(name)}: {_text(value)}" for name, value in flattened(asked.values).items()]
    sent = _broken("{", query, "}", 1)
    return (
        "# pip install alibabacloud-tea-openapi\n"
        "import os\n\n"
        "from alibabacloud_tea_openapi.client import Client\n"
        "from alibabacloud_tea_openapi.utils_models import Config, OpenApiRequest, Params\n"
        "from darabonba.runtime import RuntimeOptions\n\n"
        f"{_client(asked)}"
        "operation = Params(\n"
        f'    action="{asked.action}",\n'
        f'    version="{asked.version}",\n'
        f'    protocol="{asked.server.scheme.upper()}",\n'
        '    pathname="/",\n'
        '    method="POST",\n'
        '    auth_type="AK",\n'
        '    style="RPC",\n'
        '    req_body_type="formData",\n'
        '    body_type="json",\n'
        ")\n"
        "response = client.call_api(\n"
        "    operation,\n"
        f"    OpenApiRequest(query={sent}),\n"
        "    RuntimeOptions(),\n"
        ")\n"
        'print(response["body"])\n'
    )
