"""An office whose people are told by mail what they are granted."""

from typing import Any

from admit.control.followers import follow
from admit.control.streaming import notify
from tests.system import System

PRODUCT = "appstream-center"
FOLLOWER = notify.follower("example.com")


def office(system: System) -> str:
    """alice and tom with addresses, bob without, and a delivery group, whose id is returned."""
    users = [{"EndUserId": name, "Email": f"{name}@example.com"} for name in ("alice", "tom")]
    system.call("eds-user", "CreateUsers", Users=users, Password="Correct-Horse-7")
    system.call("eds-user", "CreateUsers", Users=[{"EndUserId": "bob", "Phone": "13800000000"}])
    (image, *_) = system.call(PRODUCT, "ListImage", ProductType="CloudApp")["Data"]
    made = system.call(
        PRODUCT,
        "CreateAppInstanceGroup",
        AppCenterImageId=image["ImageId"],
        AppInstanceGroupName="office",
        BizRegionId="cn-hangzhou",
        ChargeResourceMode="Node",
        ChargeType="PostPaid",
        Period=1,
        PeriodUnit="Month",
        ProductType="CloudApp",
        SessionTimeout=15,
    )
    follow(system.admit.store, FOLLOWER)
    return str(made["AppInstanceGroupModel"]["AppInstanceGroupId"])


def authorize(system: System, group: str, **lists: Any) -> None:
    """Grant a delivery group, or take it away."""
    system.call(PRODUCT, "AuthorizeInstanceGroup", AppInstanceGroupId=group, ProductType="CloudApp", **lists)
