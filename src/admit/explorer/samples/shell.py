"""The command line: admit's own, the vendor's, and curl with a signature made by openssl."""

import json
from shlex import quote
from typing import Any
from urllib.parse import quote as percent

from admit.explorer.samples.asked import KEY_ID, KEY_SECRET, Asked
from admit.explorer.values import flattened, written

_KEYS = f"# the key is read from {KEY_ID} and {KEY_SECRET}\n"
_UNLISTED = ("appstream-center", "eds-user", "admit")
"""Products whose operations the vendor's command line does not know."""


def admit_call(asked: Asked) -> str:
    """``admit call``, from this machine or another."""
    words = [f"--{name} {quote(_json(value))}" for name, value in asked.values.items()]
    return (
        f"{_KEYS}"
        f"export ADMIT_ENDPOINT={asked.server.scheme}://{asked.server.address}\n"
        f"{_lines([f'admit call {asked.product} {asked.action}', *words])}"
    )


def aliyun(asked: Asked) -> str:
    """The vendor's own command line."""
    words = [f"--{name} {quote(value)}" for name, value in flattened(asked.values).items()]
    unlisted = asked.product in _UNLISTED
    how = [*(["--force"] if unlisted else []), f"--endpoint {quote(asked.server.address)}"]
    if not asked.server.secure:
        # It means HTTP, and not "do not check the certificate".
        how.append("--insecure")
    return (
        f"{_KEYS}"
        "export ALIBABA_CLOUD_IGNORE_PROFILE=TRUE ALIBABA_CLOUD_REGION_ID=cn-hangzhou\n"
        f"{_lines([f'aliyun {asked.product} {asked.action}', *how, *words])}"
    )


def curl(asked: Asked) -> str:
    """curl, with the signature ACS3-HMAC-SHA256 made by openssl."""
    pairs = (
        f"{percent(name, safe='')}={percent(value, safe='')}"
        for name, value in flattened(asked.values).items()
    )
    return f"""#!/usr/bin/env bash
# needs bash, curl and openssl; {_KEYS[2:].strip()}
set -euo pipefail

host={quote(asked.server.address)}
action={asked.action}
version={asked.version}
body={quote("&".join(pairs))}

date=$(date -u +%Y-%m-%dT%H:%M:%SZ)
nonce=$(openssl rand -hex 16)
hash=$(printf %s "$body" | openssl dgst -sha256 -r | cut -d ' ' -f 1)
kind=application/x-www-form-urlencoded
signed="content-type;host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"
request="POST
/

content-type:$kind
host:$host
x-acs-action:$action
x-acs-content-sha256:$hash
x-acs-date:$date
x-acs-signature-nonce:$nonce
x-acs-version:$version

$signed
$hash"
text="ACS3-HMAC-SHA256
$(printf %s "$request" | openssl dgst -sha256 -r | cut -d ' ' -f 1)"
signature=$(printf %s "$text" | openssl dgst -sha256 -hmac "${KEY_SECRET}" -r | cut -d ' ' -f 1)

curl --silent --show-error {asked.server.scheme}://"$host"/ \\
  -H "content-type: $kind" \\
  -H "x-acs-action: $action" \\
  -H "x-acs-content-sha256: $hash" \\
  -H "x-acs-date: $date" \\
  -H "x-acs-signature-nonce: $nonce" \\
  -H "x-acs-version: $version" \\
  -H "Authorization: ACS3-HMAC-SHA256 Credential=${KEY_ID},SignedHeaders=$signed,Signature=$signature" \\
  --data-binary "$body"
"""


def _lines(words: list[str]) -> str:
    return " \\\n  ".join(words) + "\n"


def _json(value: Any) -> str:
    """A value as ``admit call`` takes it; one that begins with @ would be the name of a file."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else written(value)
    return f"@{text}" if text.startswith("@") else text
