"""How fast streamed applications come, answer and end: real programs, real sandboxes, a real browser.

Click to shown is from the form of a tile to the first picture of the program in the page; input to shown from
a key's event in the page to the next picture that differs. Cut is from before the call that takes the grant
back is sent until the frame that closes a page's connection has come, over many live sessions at once.
"""

import argparse
import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, time_ns
from typing import Any

import httpx
import websockets
from playwright.sync_api import Page, sync_playwright

from admit.base.chance import Chance
from admit.base.clock import SystemClock
from admit.main import create
from admit.rpc.signing import SigningKey
from admit.settings import load
from bench.ends import BY_THE_CLOCK, Cut, ends
from bench.office import Office
from bench.served import Served, Signer, admit_serve, serving

APPSTREAM = "appstream-center"
PRODUCT = "CloudApp"
TERMINAL = "Terminal"
REVOKED, EXPIRED = 4403, 4410
"""How a page's connection is closed."""
SOON_MS = 8_000
"""How far ahead the end of the grants is: giving them takes a while."""
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
_DRAWN = """() => {
    const canvas = document.querySelector("#screen canvas");
    if (!canvas?.width) return 0;
    const pixels = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, canvas.width, 60).data.buffer);
    return new Set(pixels).size;
}"""
_INPUT = """(count) => new Promise((resolve) => {
    const canvas = document.querySelector("#screen canvas"), context = canvas.getContext("2d"), took = [];
    const pixels = () => context.getImageData(0, 0, canvas.width, 200).data;
    const look = () => pixels().reduce((sum, each) => (sum * 31 + each) | 0, 0);
    const press = () => {
        const before = look(), began = performance.now();
        for (const kind of ["keydown", "keyup"])
            canvas.dispatchEvent(new KeyboardEvent(kind, { key: "x", code: "KeyX", bubbles: true }));
        const watch = () => {
            if (look() === before && performance.now() - began < 2000) return setTimeout(watch, 1);
            took.push(performance.now() - began);
            return took.length < count ? setTimeout(press, 120) : resolve(took);
        };
        watch();
    };
    press();
})"""


@contextmanager
def streaming(place: Path, most: int) -> Iterator[Office]:
    """A serving admit."""
    settings = load({"data": place / "data"})
    founded = create(settings, chance=Chance())
    key = SigningKey(founded.access_key_id, founded.access_key_secret)
    (place / "data" / "admit.toml").write_text(f"streaming_sessions = {most}\nlog_level = 'ERROR'\n")
    with serving(admit_serve(place / "data"), place / "log") as served:
        yield Office(served, Signer(served.address, key, Chance()), place)


def delivery_group(office: Office) -> tuple[str, str]:
    """A new delivery group, and the terminal in it."""
    image = office.call(APPSTREAM, "ListImage")["Data"][0]
    asked = {
        "AppCenterImageId": image["ImageId"],
        "ProductType": PRODUCT,
        "BizRegionId": "cn-hangzhou",
        "ChargeType": "PostPaid",
        "ChargeResourceMode": "Node",
        "Period": "1",
        "PeriodUnit": "Month",
        "SessionTimeout": "15",
    }
    model = office.call(APPSTREAM, "CreateAppInstanceGroup", **asked)["AppInstanceGroupModel"]
    app = next(each["AppId"] for each in image["AppList"] if each["AppName"] == TERMINAL)
    return str(model["AppInstanceGroupId"]), str(app)


def people(office: Office, count: int) -> list[str]:
    """New users."""
    names = [f"person{number}" for number in range(count)]
    for number, name in enumerate(names):
        asked = {"Users.1.EndUserId": name, "Users.1.Email": f"p{number}@example.com"}
        office.call("eds-user", "CreateUsers", **asked)
    return names


def ticket(office: Office, name: str, group: str, app: str) -> str:
    """A ticket for somebody."""
    asked = {"EndUserId": name, "AppId": app, "AppInstanceGroupIdList.1": group, "ProductType": PRODUCT}
    return str(office.call(APPSTREAM, "GetConnectionTicket", **asked)["Ticket"])


def authorize(office: Office, group: str, names: list[str], verb: str = "AuthorizeUserIds") -> None:
    """Authorize users, or take it back."""
    listed = {f"{verb}.{number}": name for number, name in enumerate(names, 1)}
    office.call(APPSTREAM, "AuthorizeInstanceGroup", AppInstanceGroupId=group, ProductType=PRODUCT, **listed)


def at_browser(office: Office, rounds: int) -> dict[str, float]:
    """What one person feels."""
    group, app = delivery_group(office)
    (name,) = people(office, 1)
    shown: list[float] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*FLAGS])
        for _ in range(rounds + 1):
            authorize(office, group, [name])
            page = browser.new_page()
            address = f"http://{office.served.address}/stream/open?ticket={ticket(office, name, group, app)}"
            began = perf_counter()
            page.goto(address, wait_until="commit")
            _drawn(page)
            shown.append((perf_counter() - began) * 1000)
            page.wait_for_timeout(500)
            took = sorted(page.evaluate(_INPUT, 30))
            authorize(office, group, [name], "UnAuthorizeUserIds")
            page.close()
        browser.close()
    return {
        "click to shown, p50": median(shown[1:]),
        "input to shown, p50": took[len(took) // 2],
        "input to shown, p95": took[int(len(took) * 0.95)],
    }


def _drawn(page: Page) -> None:
    while page.evaluate(_DRAWN) < 3:
        page.wait_for_timeout(5)


async def _opened(office: Office, one: str) -> tuple[websockets.ClientConnection, str]:
    """A page of somebody with a ticket, as far as the server knows."""
    base = f"http://{office.served.address}"
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{base}/stream/open", params={"ticket": one}, timeout=60)
        place = answer.headers["location"]
        cookie = answer.headers["set-cookie"].partition(";")[0]
    connection = await websockets.connect(
        f"ws://{office.served.address}{place}/rfb",
        origin=base,
        additional_headers={"cookie": cookie},
        compression=None,
    )
    while not isinstance(await connection.recv(), bytes):
        pass
    return connection, place


async def _ended(connection: websockets.ClientConnection) -> float:
    await connection.wait_closed()
    return time_ns() / 1e6


async def cut(office: Office, count: int) -> tuple[dict[str, float], dict[str, Cut]]:
    """What many sessions take, and how fast they end that one call ends, or the clock."""
    group, app = delivery_group(office)
    names = [f"person{number}" for number in range(1, count + 1)]
    for name in names:
        asked = {"Users.1.EndUserId": name, "Users.1.Email": f"{name}@example.com"}
        await asyncio.to_thread(office.call, "eds-user", "CreateUsers", **asked)
    await asyncio.to_thread(authorize, office, group, names)
    before_kb = office.served.proportional_kb()
    pages = await _opened_by(office, names, group, app)
    each_mb = _sandboxes_mb(office.served) / count
    grown_mb = (office.served.proportional_kb() - before_kb) / 1024

    def take_back() -> float:
        began = time_ns() / 1e6
        authorize(office, group, names, "UnAuthorizeUserIds")
        return began

    found = {"AuthorizeInstanceGroup, taken back": await _cut(office, pages, take_back, REVOKED)}
    await asyncio.to_thread(authorize, office, group, names)
    pages = await _opened_by(office, names, group, app)

    end = await asyncio.to_thread(_end_soon, office, names, group)
    found[BY_THE_CLOCK] = await _cut(office, pages, lambda: end, EXPIRED)
    return {"memory of a session (PSS), MB": each_mb, "memory of the server for all, MB": grown_mb}, found


def _end_soon(office: Office, names: list[str], group: str) -> float:
    """Let everybody's grant end at one moment; when."""
    end = SystemClock().now() + SOON_MS
    for name in names:
        word = {"Subject": name, "Resource": f"delivery-group:{group}", "EndTime": str(end)}
        office.call("admit", "GrantAccess", **word)
    return end


async def _opened_by(
    office: Office, names: list[str], group: str, app: str
) -> list[websockets.ClientConnection]:
    pages = []
    for name in names:
        one = await asyncio.to_thread(ticket, office, name, group, app)
        pages.append((await _opened(office, one))[0])
    return pages


async def _cut(
    office: Office, pages: list[websockets.ClientConnection], change: Callable[[], float], code: int
) -> Cut:
    """End all at once; ``change`` returns from when it counts."""
    closing = [asyncio.create_task(_ended(each)) for each in pages]
    cpu_s = office.cpu_s()
    began = await asyncio.to_thread(change)
    found = Cut.of(await asyncio.gather(*closing), began, office.cpu_s() - cpu_s)
    if any(each.close_code != code for each in pages):
        raise RuntimeError("a page was closed for another reason")
    return found


def _sandboxes_mb(served: Served) -> float:
    """What all sandboxes of a server keep in memory; of what they share with others their part."""
    waiting, found = [served.process.pid], 0.0
    while waiting:
        pid = waiting.pop()
        for task in Path(f"/proc/{pid}/task").iterdir():
            waiting += [int(each) for each in (task / "children").read_text().split()]
        if pid != served.process.pid:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            found += next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024
    return found


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.streams", description=__doc__)
    parser.add_argument("--sessions", type=int, default=50, help="live sessions that are cut (50)")
    parser.add_argument("--rounds", type=int, default=5, help="how often the terminal is opened (5)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    Path("var").mkdir(exist_ok=True)
    found: dict[str, Any] = {}
    with (
        TemporaryDirectory(dir="var", prefix="streams-") as directory,
        streaming(Path(directory), 1000) as office,
    ):
        found |= at_browser(office, asked.rounds)
        memory, cuts = asyncio.run(cut(office, asked.sessions))
    found |= memory
    if asked.json:
        shares = (("p50", 0.5), ("p99", 0.99), ("max", 1))
        cut_ms = {
            f"{change}, {name}": cut.at(share) for change, cut in cuts.items() for name, share in shares
        }
        print(json.dumps(found | cut_ms, indent=2))
        return
    print("a terminal, streamed; milliseconds, or MB")
    for name, value in found.items():
        print(f"{name:36}{value:10.1f}")
    print()
    print(ends("streaming", cuts))


if __name__ == "__main__":
    main()
