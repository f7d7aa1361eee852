"""A host that lets one key in and keeps every session open: ``python -m bench.cut_target KEY HOST_KEY``."""

import asyncio
import sys

import asyncssh


class Host(asyncssh.SSHServer):
    """Lets whoever holds the key in."""

    def begin_auth(self, username: str) -> bool:
        """A key is asked for."""
        return bool(username)


async def _stay(process: asyncssh.SSHServerProcess[bytes]) -> None:
    process.stdout.write(b"ready")
    await process.stdin.read()
    process.exit(0)


async def main() -> None:
    """Serve on a free port until the program is ended."""
    key, host_key = sys.argv[1:]
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_factory=Host,
        server_host_keys=[host_key],
        authorized_client_keys=f"{key}.pub",
        process_factory=_stay,
        encoding=None,
    )
    print(f"ready: ssh://127.0.0.1:{server.get_port()}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
