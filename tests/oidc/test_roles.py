"""The page of a cloud role: a key for whom a rule leads there."""

import html
import json
import re

from admit.rpc.signing import SigningKey
from tests.browsing import Pages
from tests.callers import refused
from tests.oidc.firm import PASSWORD
from tests.services.access.test_cloud_roles import DEAD, Cloud
from tests.system import System


def test_a_person_takes_a_key_that_is_dead_with_the_grant(system: System) -> None:
    cloud = Cloud(system)
    cloud.idaas.call("UpdateUserPassword", UserId=cloud.alice, Password=PASSWORD)
    browser, place = Pages(system), f"/oidc/roles/{cloud.role}"
    assert browser.sign_in("alice", PASSWORD).status == 303
    assert (browser.get(place).status, browser.get("/oidc/roles/carole_none").status) == (403, 403)
    cloud.attach()

    page = browser.get(place)
    assert "Take a key" in page.text
    assert f'action="{place}"' in browser.get("/home").text
    assert browser.post(place, {"csrf": "0"}).status == 403
    taken = browser.post(place, {"csrf": page.csrf})
    assert "no-store" in taken.headers["cache-control"]
    told = dict(re.findall(r"export (\w+)=(\S+)", taken.text))
    said = re.search(r'id="process"[^>]*>(.*?)</pre>', taken.text, re.DOTALL)
    assert said is not None
    process = json.loads(html.unescape(said[1]))
    assert (process["mode"], process["access_key_id"]) == ("StsToken", told["ALIBABA_CLOUD_ACCESS_KEY_ID"])
    assert process["expiration"].endswith("Z")
    assert told["ALICLOUD_SECRET_KEY"] == told["ALIBABA_CLOUD_ACCESS_KEY_SECRET"]
    assert process["access_key_secret"] not in browser.get(place).text

    key = SigningKey(
        told["ALIBABA_CLOUD_ACCESS_KEY_ID"],
        told["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
        told["ALIBABA_CLOUD_SECURITY_TOKEN"].removesuffix("</pre>"),
    )
    cloud.use(key)
    cloud.detach()
    assert refused(cloud.use, key) == DEAD
    assert browser.post(place, {"csrf": page.csrf}).status == 403
