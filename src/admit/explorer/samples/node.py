"""Node: the vendor's SDK of the service, or its generic client for a service of our own."""

import json
from typing import Any

from admit.explorer.fields import Field
from admit.explorer.samples.asked import KEY_ID, KEY_SECRET, Asked, camel
from admit.explorer.samples.packages import PACKAGES
from admit.explorer.values import flattened


def node(asked: Asked) -> str:
    """A program that makes the call and prints the answer."""
    packages = PACKAGES.get(asked.product)
    return _generic(asked) if packages is None else _with_sdk(asked, packages.node)


def _with_sdk(asked: Asked, package: str) -> str:
    classes = list(dict.fromkeys(_classes(f"{asked.action}Request", asked.fields, asked.values)))
    request = _model(f"{asked.action}Request", asked.fields, asked.values, 0)
    if not asked.operation.parameters:
        classes, request = [], ""
    names = ", ".join(["default: Client", *classes])
    return (
        f"// npm install {package} @alicloud/openapi-core\n"
        f'const {{ {names} }} = require("{package}");\n'
        'const { $OpenApiUtil } = require("@alicloud/openapi-core");\n\n'
        f"{_client(asked)}\n"
        "client\n"
        f"  .{camel(asked.action)}({request})\n"
        "  .then((response) => console.log(JSON.stringify(response.body, null, 2)))\n"
        "  .catch((error) => {\n"
        "    console.error(error.message);\n"
        "    process.exitCode = 1;\n"
        "  });\n"
    )


def _client(asked: Asked) -> str:
    return (
        "const client = new Client(\n"
        "  new $OpenApiUtil.Config({\n"
        f"    accessKeyId: process.env.{KEY_ID},\n"
        f"    accessKeySecret: process.env.{KEY_SECRET},\n"
        f"    endpoint: {json.dumps(asked.server.address)},\n"
        f'    protocol: "{asked.server.scheme.upper()}",\n'
        "  }),\n"
        ");\n"
    )


def _classes(name: str, fields: tuple[Field, ...], values: dict[str, Any]) -> list[str]:
    found = [name]
    for field in fields:
        value = values.get(field.name)
        if field.sort == "struct" and isinstance(value, dict):
            found += _classes(name + field.name, field.parts, value)
        elif field.sort == "list" and isinstance(value, list) and field.parts[0].sort == "struct":
            for item in value:
                found += _classes(name + field.name, field.parts[0].parts, item)
    return found


def _model(name: str, fields: tuple[Field, ...], values: dict[str, Any], depth: int) -> str:
    by_name = {field.name: field for field in fields}
    inside = [
        f"{camel(key)}: {_value(name + key, by_name[key], value, depth + 1)}"
        for key, value in values.items()
        if key in by_name
    ]
    return _broken(f"new {name}({{", inside, "})", depth)


def _value(name: str, field: Field, value: Any, depth: int) -> str:
    if field.sort == "struct" and isinstance(value, dict):
        return _model(name, field.parts, value, depth)
    if field.sort == "list" and isinstance(value, list) and field.parts:
        return _broken("[", [_value(name, field.parts[0], each, depth + 1) for each in value], "]", depth)
    return json.dumps(value, ensure_ascii=False)


def _broken(before: str, parts: list[str], after: str, depth: int) -> str:
    line = f"{before}{' ' if parts and before.endswith('{') else ''}{', '.join(parts)}"
    line += f"{' ' if parts and after.startswith('}') else ''}{after}"
    if "\n" not in line and len(line) + depth * 2 <= 88:
        return line
    indent = "  " * (depth + 2)
    return f"{before}\n" + "".join(f"{indent}{each},\n" for each in parts) + f"{'  ' * (depth + 1)}{after}"


def _generic(asked: Asked) -> str:
    query = json.dumps(flattened(asked.values), indent=2, ensure_ascii=False)
    return (
        "// npm install @alicloud/openapi-core @darabonba/typescript\n"
        'const { default: Client, $OpenApiUtil } = require("@alicloud/openapi-core");\n'
        'const $dara = require("@darabonba/typescript");\n\n'
        f"{_client(asked)}\n"
        "const operation = new $OpenApiUtil.Params({\n"
        f'  action: "{asked.action}",\n'
        f'  version: "{asked.version}",\n'
        f'  protocol: "{asked.server.scheme.upper()}",\n'
        '  pathname: "/",\n'
        '  method: "POST",\n'
        '  authType: "AK",\n'
        '  style: "RPC",\n'
        '  reqBodyType: "formData",\n'
        '  bodyType: "json",\n'
        "});\n"
        f"const query = {query};\n\n"
        "client\n"
        "  .callApi(operation, new $OpenApiUtil.OpenApiRequest({ query }), new $dara.RuntimeOptions({}))\n"
        "  .then((response) => console.log(JSON.stringify(response.body, null, 2)))\n"
        "  .catch((error) => {\n"
        "    console.error(error.message);\n"
        "    process.exitCode = 1;\n"
        "  });\n"
    )
