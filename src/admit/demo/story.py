"""The example's story: the three central operations, and what each one changed."""

import json
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from alibabacloud_appstream_center20210901 import models as appstreaming
from alibabacloud_eds_user20210308 import models as users
from alibabacloud_eiam20211201 import models as eiam
from alibabacloud_ram20150501 import models as ram
from alibabacloud_yundun_bastionhost20191209 import models as bastion
from darabonba.exceptions import DaraException

from admit.base.clock import SystemClock
from admit.core.validity import SECOND, Millis
from admit.demo.clients import Clients, clients
from admit.demo.stage import PASSWORD
from admit.demo.telling import Teller
from admit.demo.visit import Visit


@dataclass(frozen=True, slots=True)
class Office:
    """What the story left in place."""

    delivery_group_id: str


def tell(teller: Teller) -> None:
    """The whole story.

    Raises:
        Failed: something did not do what it said.
    """
    stage = teller.stage
    root = clients(stage.endpoint, stage.access_key_id, stage.access_key_secret)
    office = _streaming(teller, root)
    _hosts(teller, root)
    _rules(teller, root)
    _callers(teller, root, office)
    _past(teller)


# -- App Streaming -----------------------------------------------------------------------------------


def _streaming(teller: Teller, root: Clients) -> Office:
    teller.chapter("1. App Streaming: who may open the streamed applications")
    teller.say("Two people, a user group with tom in it, and a delivery group made from the first image.")
    _people(root)
    group_id = _group(root)
    image = root.appstreaming.list_image(appstreaming.ListImageRequest(product_type="CloudApp")).body.data[0]
    made = root.appstreaming.create_app_instance_group(
        appstreaming.CreateAppInstanceGroupRequest(
            product_type="CloudApp",
            app_center_image_id=image.image_id,
            app_instance_group_name="office",
            biz_region_id="cn-hangzhou",
            charge_resource_mode="Node",
            charge_type="PostPaid",
            period=1,
            period_unit="Month",
            session_timeout=15,
        )
    )
    office = Office(made.body.app_instance_group_model.app_instance_group_id)
    teller.run("who", "delivery-group:office", shows=["Nobody"])
    teller.code(
        "client.authorize_instance_group(AuthorizeInstanceGroupRequest(\n"
        f'    app_instance_group_id="{office.delivery_group_id}", product_type="CloudApp",\n'
        f'    authorize_user_ids=["alice"], authorize_user_group_ids=["{group_id}"]))'
    )
    root.appstreaming.authorize_instance_group(
        appstreaming.AuthorizeInstanceGroupRequest(
            app_instance_group_id=office.delivery_group_id,
            product_type="CloudApp",
            authorize_user_ids=["alice"],
            authorize_user_group_ids=[group_id],
        )
    )
    teller.run("who", "delivery-group:office", shows=["alice", "tom", "designers"])
    teller.say("Everybody selected gets one mail, through an outbox that survives a crash:")
    for mail in teller.stage.mailbox.wait(2):
        teller.done(mail)
    return office


def _people(root: Clients) -> None:
    made = root.users.create_users(
        users.CreateUsersRequest(
            users=[
                users.CreateUsersRequestUsers(
                    end_user_id=name, email=f"{name}@example.com", password=PASSWORD
                )
                for name in ("alice", "tom")
            ]
        )
    )
    Teller.expect("both users are created", true=bool(made.body.all_succeed))


def _group(root: Clients) -> str:
    made = root.users.create_group(users.CreateGroupRequest(group_name="designers"))
    group_id = str(made.body.group_id)
    root.users.user_batch_join_group(users.UserBatchJoinGroupRequest(group_id=group_id, end_user_ids=["tom"]))
    return group_id


# -- Bastionhost -------------------------------------------------------------------------------------


def _hosts(teller: Teller, root: Clients) -> None:
    teller.chapter("2. Bastionhost: who may log on to which hosts")
    client = root.bastionhost
    instance_id = client.describe_instances(bastion.DescribeInstancesRequest()).body.instances[0].instance_id
    teller.say("alice in the user group dba; the host db-1 with the accounts root and app.")
    user = client.create_user(
        bastion.CreateUserRequest(
            instance_id=instance_id, source="Local", user_name="alice", password=PASSWORD
        )
    )
    group = client.create_user_group(
        bastion.CreateUserGroupRequest(instance_id=instance_id, user_group_name="dba")
    )
    client.add_users_to_group(
        bastion.AddUsersToGroupRequest(
            instance_id=instance_id,
            user_group_id=group.body.user_group_id,
            user_ids=json.dumps([user.body.user_id]),
        )
    )
    host_id, account_ids = _host(client, instance_id, teller.stage.host_port)
    teller.run("can", "alice", "root@db-1", code=1)
    hosts = json.dumps([{"HostId": host_id, "HostAccountIds": account_ids}])
    teller.code(
        "client.attach_host_accounts_to_user_group(AttachHostAccountsToUserGroupRequest(\n"
        f'    instance_id="{instance_id}", user_group_id="{group.body.user_group_id}",\n'
        f"    hosts='{hosts}'))"
    )
    request = bastion.AttachHostAccountsToUserGroupRequest(
        instance_id=instance_id, user_group_id=group.body.user_group_id, hosts=hosts
    )
    first = client.attach_host_accounts_to_user_group(request).body.results[0]
    again = client.attach_host_accounts_to_user_group(request).body.results[0]
    codes = ([each.code for each in first.host_accounts], [each.code for each in again.host_accounts])
    teller.expect("every account is granted once", true=codes == (["OK"] * 2, ["OBJECT_AlREADY_EXISTS"] * 2))
    teller.done(f"each account answered {codes[0][0]}; the same call again: {codes[1][0]}")
    teller.run("can", "alice", "root@db-1")
    teller.run("who", "root@db-1", shows=["alice", "dba"])


def _host(client: Any, instance_id: str, port: int) -> tuple[str, list[str]]:
    host_id = client.create_host(
        bastion.CreateHostRequest(
            instance_id=instance_id,
            source="Local",
            active_address_type="Private",
            host_private_address="127.0.0.1",
            host_name="db-1",
            ostype="Linux",
        )
    ).body.host_id
    client.modify_hosts_port(
        bastion.ModifyHostsPortRequest(
            instance_id=instance_id, host_ids=json.dumps([host_id]), protocol_name="SSH", port=str(port)
        )
    )
    accounts = [
        client.create_host_account(
            bastion.CreateHostAccountRequest(
                instance_id=instance_id,
                host_id=host_id,
                host_account_name=name,
                protocol_name="SSH",
                password=PASSWORD,
            )
        ).body.host_account_id
        for name in ("root", "app")
    ]
    return host_id, accounts


# -- IDaaS EIAM --------------------------------------------------------------------------------------


def _rules(teller: Teller, root: Clients) -> None:
    teller.chapter("3. IDaaS EIAM: groups attached to authorization rules, for a time")
    client = root.eiam
    instance_id = client.list_instances(eiam.ListInstancesRequest()).body.instances[0].instance_id
    group_id = _staff(client, instance_id)
    rule_id = _rule(client, instance_id, group_id)
    teller.say(
        "alice is in the group oncall; the rule break-glass leads to the cloud role operator, permanently."
    )
    asked = SystemClock().now()
    teller.run("can", "alice", "cloud-role:operator")
    now = SystemClock().now()
    # Each question to come must be answered in its part of the period, also where a command takes long.
    delay, length = max(3 * SECOND, 3 * (now - asked)), max(4 * SECOND, 3 * (now - asked))
    period = (now + delay, now + delay + length)
    teller.say(
        f"Now the attachment is given a period: it begins in {delay / SECOND:.0f} seconds "
        f"and ends {length / SECOND:.0f} seconds later."
    )
    teller.code(
        "client.update_authorization_rule_group_attachment(UpdateAuthorizationRuleGroupAttachmentRequest(\n"
        f'    instance_id="{instance_id}",\n    authorization_rule_id="{rule_id}",\n'
        f'    group_id="{group_id}",\n    validity_type="time_bound", client_token="watch-it-end",\n'
        f"    validity_period=ValidityPeriod(start_time={period[0]}, end_time={period[1]})))"
    )
    request = _attachment(instance_id, rule_id, group_id, period)
    client.update_authorization_rule_group_attachment(request)
    _watch(teller, period)
    _replay(teller, client, request)


def _staff(client: Any, instance_id: str) -> str:
    """Alice in the group oncall; returns the group's id."""
    unit = client.get_root_organizational_unit(
        eiam.GetRootOrganizationalUnitRequest(instance_id=instance_id)
    ).body.organizational_unit
    user_id = client.create_user(
        eiam.CreateUserRequest(
            instance_id=instance_id,
            username="alice",
            display_name="Alice",
            primary_organizational_unit_id=unit.organizational_unit_id,
        )
    ).body.user_id
    group_id = client.create_group(
        eiam.CreateGroupRequest(instance_id=instance_id, group_name="oncall")
    ).body.group_id
    client.add_users_to_group(
        eiam.AddUsersToGroupRequest(instance_id=instance_id, group_id=group_id, user_ids=[user_id])
    )
    return str(group_id)


def _rule(client: Any, instance_id: str, group_id: str) -> str:
    """A rule that leads to a cloud role, with the group attached permanently; returns the rule's id."""
    account_id = client.create_cloud_account(
        eiam.CreateCloudAccountRequest(
            instance_id=instance_id,
            cloud_account_name="production",
            cloud_account_vendor_type="alibaba_cloud",
            cloud_account_external_id="1000000000000001",
            client_token="account",  # noqa: S106 - an idempotency token
        )
    ).body.cloud_account_id
    role_id = client.create_cloud_account_role(
        eiam.CreateCloudAccountRoleRequest(
            instance_id=instance_id,
            cloud_account_id=account_id,
            cloud_account_role_name="operator",
            cloud_account_role_type="role",
            client_token="role",  # noqa: S106 - the same
        )
    ).body.cloud_account_role_id
    rule_id = client.create_authorization_rule(
        eiam.CreateAuthorizationRuleRequest(
            instance_id=instance_id,
            project_id="iprj_system_default",
            authorization_rule_name="break-glass",
            authorization_resource_scope="custom",
            client_token="rule",  # noqa: S106 - the same
        )
    ).body.authorization_rule_id
    client.create_authorization_resource(
        eiam.CreateAuthorizationResourceRequest(
            instance_id=instance_id,
            authorization_rule_id=rule_id,
            authorization_resource_entity_type="cloud_account_role",
            authorization_resource_entity_id=role_id,
            client_token="resource",  # noqa: S106 - the same
        )
    )
    client.add_group_to_authorization_rule(
        eiam.AddGroupToAuthorizationRuleRequest(
            instance_id=instance_id,
            authorization_rule_id=rule_id,
            group_id=group_id,
            validity_type="permanent",
            client_token="attach",  # noqa: S106 - the same
        )
    )
    return str(rule_id)


def _attachment(instance_id: str, rule_id: str, group_id: str, period: tuple[Millis, Millis]) -> Any:
    start, end = period
    return eiam.UpdateAuthorizationRuleGroupAttachmentRequest(
        instance_id=instance_id,
        authorization_rule_id=rule_id,
        group_id=group_id,
        validity_type="time_bound",
        validity_period=eiam.UpdateAuthorizationRuleGroupAttachmentRequestValidityPeriod(
            start_time=start, end_time=end
        ),
        client_token="watch-it-end",  # noqa: S106 - an idempotency token
    )


def _watch(teller: Teller, period: tuple[Millis, Millis]) -> None:
    """Ask before, within and after the period."""
    start, end = period
    teller.run("can", "alice", "cloud-role:operator", code=1, shows=["not begun"])
    _until(start)
    teller.run("can", "alice", "cloud-role:operator", shows=["until"])
    _until(end)
    teller.run("can", "alice", "cloud-role:operator", code=1, shows=["ended"])


def _until(moment: Millis) -> None:
    """Let the time pass: waited for, as the person before the screen does."""
    threading.Event().wait(max(moment - SystemClock().now(), 0) / SECOND + 0.05)


def _replay(teller: Teller, client: Any, request: Any) -> None:
    teller.say("The same ClientToken again repeats the answer and changes nothing; with other parameters:")
    client.update_authorization_rule_group_attachment(request)
    request.validity_type = "permanent"
    request.validity_period = None
    refused = _refusal(lambda: client.update_authorization_rule_group_attachment(request))
    teller.expect("the token is bound to its request", true=refused.startswith("IdempotentParameterMismatch"))
    teller.done(refused)


# -- callers, and the past -----------------------------------------------------------------------------


def _callers(teller: Teller, root: Clients, office: Office) -> None:
    teller.chapter("4. Callers: a RAM user may do what its policies allow, and no more")
    root.ram.create_user(ram.CreateUserRequest(user_name="helpdesk"))
    key = root.ram.create_access_key(ram.CreateAccessKeyRequest(user_name="helpdesk")).body.access_key
    helpdesk = clients(teller.stage.endpoint, key.access_key_id, key.access_key_secret)
    request = appstreaming.AuthorizeInstanceGroupRequest(
        app_instance_group_id=office.delivery_group_id,
        product_type="CloudApp",
        un_authorize_user_ids=["alice"],
    )
    refused = _refusal(lambda: helpdesk.appstreaming.authorize_instance_group(request))
    teller.expect("the helpdesk is refused", true=refused.startswith("Forbidden"))
    teller.done(refused)
    teller.run("can", "alice", "delivery-group:office")


def _refusal(call: Any) -> str:
    """What a call is refused with: code and message.

    Raises:
        Failed: it was not refused.
    """
    try:
        call()
    except DaraException as refusal:
        return f"{refusal.code}: {str(refusal.message).partition(', ')[2].partition(' request id')[0]}"
    Teller.expect("the call is refused", true=False)
    return ""


def _past(teller: Teller) -> None:
    teller.chapter("5. The door: access ends when the grant ends, and the past can be asked")
    user = "alice+root+db-1"
    teller.say(f"alice logs on: ssh -p {teller.stage.ssh_port} {user}@127.0.0.1")
    visit = Visit(teller.stage.ssh_port, user, PASSWORD)
    visit.wait_open()
    teller.run("sessions", shows=["alice", "root@db-1"])
    at = SystemClock().now()
    _until(at + SECOND)
    teller.say("While she is there, the grant is taken away:")
    teller.run("revoke", "group:dba", "root@db-1", shows=["loses", "alice"])
    last = visit.wait_closed()
    teller.expect("the session ends with a reason", true=last.startswith("admit: "))
    teller.done(f"her terminal closed with the line: {last}")
    teller.run("who", "root@db-1", shows=["Nobody"])
    teller.say("A moment before it was otherwise, and that can still be asked:")
    teller.run("who", "root@db-1", "--at", _iso(at), shows=["alice"])
    teller.run("verify")


def _iso(moment: Millis) -> str:
    return datetime.fromtimestamp(moment / SECOND, UTC).isoformat(timespec="milliseconds")
