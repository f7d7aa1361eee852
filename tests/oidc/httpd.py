"""Apache with mod_auth_openidc on a port of its own, in front of one page that says who is there."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

MODULES = Path("/usr/lib/apache2/modules")
CONFIGURATION = """
ServerRoot {root}
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {root}/pid
ErrorLog {root}/error.log
LogLevel warn
{modules}
TypesConfig /etc/mime.types
DocumentRoot {root}/pages
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client}
OIDCClientSecret {secret}
OIDCRedirectURI http://127.0.0.1:{port}/oidc
OIDCCryptoPassphrase a-pass-phrase-of-this-test
OIDCPKCEMethod S256
OIDCScope "openid profile email groups"
OIDCRemoteUserClaim preferred_username
OIDCSSLValidateServer Off
OIDCDefaultLoggedOutURL http://127.0.0.1:{port}/public.html
<Directory {root}/pages>
    Options +Includes
    Require all granted
    SetOutputFilter INCLUDES
</Directory>
<Location /private.html>
    AuthType openid-connect
    Require claim groups:ops
</Location>
<Location /oidc>
    AuthType openid-connect
    Require valid-user
</Location>
"""
LOADED = (
    "mpm_prefork", "authn_core", "authz_core", "authz_user", "mime", "dir", "include", "auth_openidc",
)  # fmt: skip


@contextmanager
def httpd(directory: Path, port: int, issuer: str, client: tuple[str, str]) -> Iterator[str]:
    """Apache, until the block ends; gives what its addresses begin with."""
    pages = directory / "pages"
    pages.mkdir(parents=True)
    (pages / "private.html").write_text('in as <!--#echo var="REMOTE_USER" -->.')
    (pages / "public.html").write_text("everybody")
    modules = "\n".join(f"LoadModule {each}_module {MODULES}/mod_{each}.so" for each in LOADED)
    said = CONFIGURATION.format(
        root=directory, port=port, modules=modules, issuer=issuer, client=client[0], secret=client[1]
    )
    (directory / "httpd.conf").write_text(said)
    program = shutil.which("apache2") or "/usr/sbin/apache2"
    line = [program, "-f", str(directory / "httpd.conf"), "-DFOREGROUND"]
    url = f"http://127.0.0.1:{port}"
    # It ends its whole process group when it is told to end, which must not be ours.
    with subprocess.Popen(line, start_new_session=True) as process:
        try:
            _wait(url, directory)
            yield url
        finally:
            process.terminate()


def _wait(url: str, directory: Path) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(retries=8)) as web:
        assert web.get(f"{url}/public.html").text == "everybody", (directory / "error.log").read_text()
