"""Connecting: where a user's authorization is asked for."""

from typing import Annotated, Literal

import msgspec

from admit.control.expected import Coming, Wanted
from admit.control.streaming.connection_tickets import (
    TASK,
    TASK_LIFE,
    TICKET,
    TICKET_LIFE,
    Binding,
    TicketRefused,
    seal,
    unseal,
)
from admit.control.streaming.streamed_apps import GroupRules, Seat, resource_of, seat
from admit.core.errors import InvalidParameter, MissingParameter
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, at_most, like
from admit.services.appstream.errors import (
    DeliveryGroupSetNotFound,
    NoBindContext,
    NoCandidateDeliveryGroup,
    NoCandidateInstance,
    NoIdleInstance,
)
from admit.services.appstream.group_details import GroupDetails
from admit.services.appstream.noted import noted_offer
from admit.services.appstream.offers import Offer, Wish
from admit.services.appstream.running import Running, running
from admit.services.appstream.vocabulary import (
    AppId,
    DeliveryGroupId,
    DeliveryGroupSetId,
    ProductType,
    RegionId,
    SessionId,
    UserName,
    appstream,
    refuse_set,
)

TaskId = Annotated[str, like("AfX1…", "The TaskId of an earlier answer.", max_length=50_000)]


@appstream.operation(
    "create",
    errors=(
        NoCandidateDeliveryGroup,
        NoCandidateInstance,
        NoIdleInstance,
        NoBindContext,
        DeliveryGroupSetNotFound,
        InvalidParameter,
        MissingParameter,
    ),
)
class GetConnectionTicket(Shape):
    """Gives a ticket with which a user connects to an application the user is authorized to.

    The authorization is checked at every call, whatever an earlier one answered, unless the delivery
    group lets every user in (SkipUserAuthCheck); a user who does not exist or is locked is never let in.

    Ours: the first call answers Ticket at once, and TaskId as well for clients that ask again with it.
    Ours: a ticket is good for two minutes and not beyond the end of the authorization; a TaskId for ten.
    Ours: of several delivery groups that fit, the oldest is chosen.
    Ours: whatever is in the way, also a name that nobody has, the answer is
    TryBind.NoCandidateAppInstanceGroup, so that nobody learns by asking what there is.
    Ours: with the ticket a browser opens `/stream/open?ticket=TICKET` of this server, once. The
    authorization is asked for again when it does, and for as long as the session lasts.
    Ours: AppInstanceId is a session of the user that runs; another's, or one that is over, is not
    available. Where all places of the delivery group are taken the answer is
    TryRegionBind.NoIdleAppInstance.
    Ours: with the ticket its session is made ready, unless SessionPreOpen of the delivery group is false;
    AppInstanceId is answered where the user has it already.
    """

    end_user_id: UserName
    product_type: ProductType
    app_id: AppId | None = None
    """The ID of the application, which is mandatory without TaskId."""
    task_id: TaskId | None = None
    app_instance_group_id_list: Annotated[tuple[DeliveryGroupId, ...], at_most(100)] = ()
    """Delivery groups, of which it must be one. Mandatory with AppInstancePersistentId and AppInstanceId."""
    app_instance_group_set_id: DeliveryGroupSetId | None = None
    app_instance_persistent_id: SessionId | None = None
    """The persistent session to connect to."""
    app_instance_id: Annotated[str, like("ai-1", "A running instance.")] | None = None
    app_version: Annotated[str, like("1", "The version the application must have.")] | None = None
    biz_region_id: RegionId | None = None
    """The region the delivery group must be in."""
    access_type: Literal["INTERNET", "VPC"] | None = None
    """The network the user comes from; delivery groups are reached from any."""
    app_policy_id: Annotated[str, like("pg-1", "A policy for the connection.", max_length=128)] | None = None
    app_start_param: Annotated[str, at_most(4096)] | None = None
    """What to start the application with."""
    environment_config: Annotated[str, at_most(4096)] | None = None
    """What to set up first."""

    class Response(Shape):
        """The ticket, and what it is for."""

        ticket: str
        """The ticket, which says nothing to anybody but this system."""
        task_id: str
        """What to ask for another ticket with."""
        task_status: str
        """Finished."""
        app_instance_group_id: DeliveryGroupId
        biz_region_id: RegionId
        os_type: str
        tenant_id: int
        """The ID of the account."""
        avatar_id: str
        app_instance_persistent_id: SessionId | None = None
        app_instance_id: str | None = None

    def handle(self, call: Call) -> Response:
        """Find what is wished for, or was before, and whether it is the user's to use."""
        refuse_set(self.app_instance_group_set_id)
        before = self._before(call)
        offer = noted_offer(call, self._first_wish(call) if before is None else self._same_wish(before))
        inside = [each for each in running(call) if each.group.key == offer.group.key]
        _refuse_full(offer, inside)
        binding = self._binding(call, offer, before or self)
        coming = Coming((offer.user,), Wanted(binding.group, binding.app, binding.session or ""))
        call.tx.after_commit(lambda: call.world.expected.tell(coming))
        task = msgspec.structs.replace(binding, until=call.now + TASK_LIFE)
        details = offer.group.read(GroupDetails)
        return self.Response(
            ticket=seal(call.world, TICKET, msgspec.structs.replace(binding, id=call.world.chance.text(20))),
            task_id=seal(call.world, TASK, task),
            task_status="Finished",
            app_instance_group_id=binding.group,
            biz_region_id=details.region_id,
            os_type=details.os_type,
            tenant_id=int(call.world.account_id),
            avatar_id="default",
            app_instance_persistent_id=binding.session,
            app_instance_id=_instance_of(offer, inside),
        )

    def _binding(self, call: Call, offer: Offer, asked: "Binding | GetConnectionTicket") -> Binding:
        """Who connects to what, with what was ``asked`` for besides."""
        return Binding(
            user=offer.user.id,
            group=offer.group.id,
            app=offer.app.id,
            until=min(call.now + TICKET_LIFE, offer.until),
            session=None if offer.session is None else offer.session.id,
            access_type=asked.access_type,
            app_start_param=asked.app_start_param,
            app_policy_id=asked.app_policy_id,
            environment_config=asked.environment_config,
        )

    def _before(self, call: Call) -> Binding | None:
        """What was found when TaskId was given out."""
        if self.task_id is None:
            return None
        try:
            return unseal(call.world, TASK, self.task_id, call.now)
        except TicketRefused:
            raise NoBindContext from None

    def _first_wish(self, call: Call) -> Wish:
        if not self.app_id:
            raise MissingParameter("AppId")
        groups = self.app_instance_group_id_list
        if self.app_instance_id:
            if len(groups) != 1:
                raise InvalidParameter("AppInstanceGroupIdList", "it must name one group with AppInstanceId.")
            self._require_instance(call, self.app_instance_id)
        if self.app_instance_persistent_id and not groups:
            raise InvalidParameter("AppInstanceGroupIdList", "it is mandatory with AppInstancePersistentId.")
        return Wish(
            self.end_user_id,
            self.product_type,
            self.app_id,
            group_ids=groups,
            session_id=self.app_instance_persistent_id or None,
            region_id=self.biz_region_id or None,
            app_version=self.app_version or None,
        )

    def _require_instance(self, call: Call, instance_id: str) -> None:
        for each in running(call):
            names = (each.instance_id, each.user.name, each.app_id, each.group.id)
            if names == (instance_id, self.end_user_id, self.app_id, self.app_instance_group_id_list[0]):
                return
        raise NoCandidateInstance(instance_id)

    def _same_wish(self, before: Binding) -> Wish:
        return Wish(
            self.end_user_id,
            self.product_type,
            before.app,
            user_id=before.user,
            group_ids=(before.group,),
            session_id=before.session,
        )


def _wanted(offer: Offer) -> Seat:
    """Where in the delivery group the user would be."""
    resource = resource_of(offer.group.read(GroupRules), offer.group, offer.app, offer.session)
    return seat(offer.user.ref, resource.ref, offer.app.id)


def _refuse_full(offer: Offer, inside: list[Running]) -> None:
    """Refuse where all places are taken, unless the user has one already; what was opened ahead gives way.

    Raises:
        NoIdleInstance: they are.
    """
    taken = [each.seat for each in inside if not each.is_ahead]
    if not offer.group.read(GroupRules).has_place(taken, _wanted(offer)):
        raise NoIdleInstance(offer.group.id)


def _instance_of(offer: Offer, inside: list[Running]) -> str | None:
    """The instance that the user has of it already, if it runs."""
    return next((each.instance_id for each in inside if each.seat == _wanted(offer)), None)
