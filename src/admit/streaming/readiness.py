"""Whether this machine can stream applications: its programs, and whether sandboxes can be made."""

import os
import shutil
import subprocess

PROGRAMS = ("bwrap", "Xvnc", "matchbox-window-manager", "dbus-run-session", "prlimit")
AS_ROOT = ("unshare", "setpriv")
TRY_S = 10


def missing() -> tuple[str, ...]:
    """The programs that every session needs and that are not here."""
    needed = (*PROGRAMS, *AS_ROOT) if os.geteuid() == 0 else PROGRAMS
    return tuple(each for each in needed if not shutil.which(each))


def sandbox_fault() -> str | None:
    """Why no sandbox can be made here; None if one can."""
    line = [
        "bwrap",
        "--unshare-user",
        "--disable-userns",
        "--unshare-pid",
        "--unshare-net",
        "--ro-bind",
        "/",
        "/",
    ]
    try:
        tried = subprocess.run(  # noqa: S603 - a fixed line
            [*line, "--proc", "/proc", "true"], capture_output=True, text=True, timeout=TRY_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if tried.returncode == 0 else tried.stderr.strip().partition("\n")[0]
