"""The sandbox of a session as a command line: what it sees, what it is given, what it begins with."""

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from admit.control.programs import Program

HOME = "/home/user"
"""The home folder, as the sandbox sees it."""
PLACE = "/run/session"
"""The session's own folder, as the sandbox sees it."""
SOCKET = "rfb.sock"
"""Where in it the screen is shown."""
USER = 1000
"""Who everybody is inside, whoever they are outside."""
SHARED_MEMORY_BYTES = 1 << 28
TEMPORARY_BYTES = 1 << 30

KEYS = "<ctrl><alt>Tab=next\n<ctrl><alt><shift>Tab=prev\n"
"""All that the window manager listens to: the distribution's own file lets a key start a terminal."""

_FILES: Mapping[str, str] = {
    "passwd": f"user:x:{USER}:{USER}:User:{HOME}:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
    "group": f"user:x:{USER}:\nnogroup:x:65534:\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
    "hosts": "127.0.0.1 localhost session\n::1 localhost\n",
    "matchbox.keys": KEYS,
    "gtk.ini": "[Settings]\ngtk-decoration-layout=:\ngtk-enable-animations=0\n",
}
_ETC = (
    "alternatives",
    "fonts",
    "gimp",
    "gtk-2.0",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "libreoffice",
    "localtime",
    "mime.types",
    "X11/app-defaults",
    "X11/rgb.txt",
    "X11/xkb",
    "xdg",
)
"""What of the machine's /etc programs are shown: nothing that tells of the machine or of anybody on it."""
_ETC_WITH_NETWORK = ("ca-certificates", "pki", "resolv.conf", "ssl/certs", "ssl/openssl.cnf")


@dataclass(frozen=True, slots=True)
class Screen:
    """The screen of a session, and what may pass it besides pictures and keys."""

    width: int = 1280
    height: int = 800
    frame_rate: int = 60
    resizes: bool = True
    """Whether it takes the size of the page."""
    copy_in: bool = True
    """Whether the program gets what the person has copied."""
    copy_out: bool = True
    """Whether the person gets what was copied in the program."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a session's two folders are outside."""

    run: Path
    home: Path


def write_files(run: Path, machine_id: str) -> None:
    """Put what the sandbox is shown as its /etc into the session's folder."""
    for name, text in {**_FILES, "machine-id": f"{machine_id}\n"}.items():
        (run / name).write_text(text, "ascii")


def command(program: Program, place: Place, screen: Screen, covered: Iterable[str] = ()) -> list[str]:
    """The command line that runs a program in a sandbox of its own.

    It says ``ready`` when its screen is shown, and begins the program when it is told
    a line. ``covered`` are executables it must not find.
    """
    return [
        "bwrap",
        *_walls(program),
        *_system(),
        *_etc(place.run, network=program.network),
        *(each for path in program.mounts for each in ("--ro-bind-try", path, path)),
        *(each for path in sorted(covered) for each in ("--ro-bind", "/dev/null", path)),
        *("--bind", str(place.home), HOME),
        *("--bind", str(place.run), PLACE),
        *("--remount-ro", "/"),
        *("--chdir", HOME),
        *_environment(program),
        *("sh", "-c", _script(screen), "sh", *program.command),
    ]


def _walls(program: Program) -> list[str]:
    return [
        "--unshare-user",
        "--disable-userns",
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        "--unshare-cgroup-try",
        *([] if program.network else ["--unshare-net"]),
        *("--hostname", "session"),
        *("--uid", str(USER), "--gid", str(USER)),
        "--die-with-parent",
        "--new-session",
        "--clearenv",
    ]


def _system() -> Iterator[str]:
    """The machine's programs, and nothing else of it."""
    yield from ("--ro-bind", "/usr", "/usr")
    for name in ("bin", "lib", "lib32", "lib64", "libx32", "sbin"):
        path = Path("/", name)
        if path.is_symlink():
            yield from ("--symlink", str(path.readlink()), str(path))
        elif path.is_dir():
            yield from ("--ro-bind", str(path), str(path))
    yield from ("--proc", "/proc", "--dev", "/dev")
    yield from ("--perms", "1777", "--size", str(SHARED_MEMORY_BYTES), "--tmpfs", "/dev/shm")  # noqa: S108 - inside
    yield from ("--perms", "1777", "--size", str(TEMPORARY_BYTES), "--tmpfs", "/tmp")  # noqa: S108 - inside
    yield from ("--perms", "0700", "--dir", "/run/user")
    yield from ("--dir", "/var/lib", "--symlink", "/tmp", "/var/tmp")  # noqa: S108 - inside
    yield from ("--ro-bind-try", "/var/cache/fontconfig", "/var/cache/fontconfig")


def _etc(run: Path, *, network: bool) -> Iterator[str]:
    yield from ("--dir", "/etc")
    for name in (*_ETC, *(_ETC_WITH_NETWORK if network else ())):
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    for name in ("passwd", "group", "nsswitch.conf", "hosts", "machine-id", "matchbox.keys"):
        yield from ("--ro-bind", str(run / name), f"/etc/{name}")
    yield from ("--ro-bind", str(run / "gtk.ini"), "/etc/gtk-3.0/settings.ini")


def _environment(program: Program) -> Iterator[str]:
    variables = {
        "HOME": HOME,
        "USER": "user",
        "LOGNAME": "user",
        "SHELL": "/bin/sh",
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/games",
        "LANG": "C.UTF-8",
        "XDG_RUNTIME_DIR": "/run/user",
        # No screen reader listens; without this GTK waits for one.
        "NO_AT_BRIDGE": "1",
        **program.environment,
    }
    for name, value in variables.items():
        yield from ("--setenv", name, value)


def server(screen: Screen) -> list[str]:
    """The command line of the screen itself."""
    return [
        "Xvnc",
        *("-rfbport", "-1"),
        *("-rfbunixpath", f"{PLACE}/{SOCKET}"),
        *("-rfbunixmode", "0600"),
        *("-SecurityTypes", "None"),
        *("-nolisten", "tcp"),
        *("-nolisten", "local"),
        *("-geometry", f"{screen.width}x{screen.height}"),
        *("-FrameRate", str(screen.frame_rate)),
        *("-CompareFB", "2"),
        # Whoever connects is our relay: connections that broke off early must not lock it out.
        *("-BlacklistThreshold", "1000000000"),
        "-AlwaysShared",
        f"-AcceptSetDesktopSize={int(screen.resizes)}",
        f"-AcceptCutText={int(screen.copy_in)}",
        f"-SendCutText={int(screen.copy_out)}",
    ]


def _script(screen: Screen) -> str:
    """What the sandbox begins with: the screen, a word to the launcher, the windows, the program."""
    return f"""
mkfifo /tmp/.display
{shlex.join(server(screen))} -displayfd 3 3>/tmp/.display </dev/null >/dev/null 2>&1 &
server=$!
read -r number </tmp/.display
rm /tmp/.display
[ -n "$number" ] || exit 1
export DISPLAY=":$number"
echo ready
read -r begin || exit 1
exec </dev/null >/dev/null 2>&1
matchbox-window-manager -kbdconfig /etc/matchbox.keys -use_titlebar no -use_desktop_mode plain &
dbus-run-session -- "$@" &
wait $!
kill $server
"""
