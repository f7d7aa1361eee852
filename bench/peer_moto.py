"""The emulation peer: ``python -m bench.peer_moto`` serves moto's IAM, with a group and users to join it.

Moto's own server answers one request on each connection; this one keeps them, as admit does.
"""

from moto.core import DEFAULT_ACCOUNT_ID
from moto.iam.models import iam_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from waitress import create_server

from bench.emulation import CALLERS, GROUP, USERS


def _serve() -> None:
    iam = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    iam.create_group(GROUP, "/")
    for number in range(USERS):
        iam.create_user("us-east-1", f"user-{number}")
    application = DomainDispatcherApplication(create_backend_app)
    server = create_server(application, host="127.0.0.1", port=0, threads=CALLERS)
    print(f"moto is ready: http://127.0.0.1:{server.effective_port}", flush=True)
    server.run()


if __name__ == "__main__":
    _serve()
