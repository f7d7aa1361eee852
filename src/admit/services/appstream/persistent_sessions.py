"""Persistent sessions: what users are authorized to where the authorization mode is Session."""

from typing import Annotated

from admit.core.links import Kind
from admit.core.validity import iso_with_millis
from admit.rpc.operation import Call
from admit.rpc.paging import PageNumber, page
from admit.rpc.shape import Shape, at_most
from admit.services.appstream.errors import DeliveryGroupNotFound
from admit.services.appstream.vocabulary import (
    DateText,
    DeliveryGroupId,
    PageSize,
    ProductType,
    SessionId,
    TotalCount,
    UserName,
    appstream,
    delivery_group,
)
from admit.store import things
from admit.store.things import Thing, Where


class PersistentSession(Shape):
    """A persistent session."""

    app_instance_group_id: DeliveryGroupId
    app_instance_persistent_id: SessionId
    app_instance_persistent_name: str
    app_instance_persistent_status: str
    """RUNNING: it can be connected to."""
    authorized_users: tuple[UserName, ...]
    """The names of the users who are authorized to it themselves."""
    gmt_create: DateText
    app_instance_id: str | None = None
    app_instance_status: str | None = None


@appstream.operation("get", errors=(DeliveryGroupNotFound,), form=())
class ListPersistentAppInstances(Shape):
    """Lists the persistent sessions of a delivery group, the oldest first, each with its users.

    Ours: a delivery group where users are not authorized to sessions has none.
    """

    app_instance_group_id: DeliveryGroupId
    product_type: ProductType
    app_instance_persistent_ids: Annotated[tuple[SessionId, ...], at_most(100)] | None = None
    """Only these persistent sessions."""
    page_number: PageNumber | None = None
    page_size: PageSize | None = None
    """How many entries a page has: 20 unless told."""

    class Response(Shape):
        """The page."""

        persistent_app_instance_models: tuple[PersistentSession, ...]
        total_count: TotalCount
        page_number: int
        page_size: int

    def handle(self, call: Call) -> Response:
        """The page of the sessions."""
        group = delivery_group(call, self.app_instance_group_id, self.product_type)
        ids = self.app_instance_persistent_ids
        where = Where(Kind.PERSISTENT_SESSION, parent=group.key, ids=ids or None)
        offset, limit = page(self.page_number, self.page_size, 20)
        found = things.find(call.sql, where, offset=offset, limit=limit)
        return self.Response(
            persistent_app_instance_models=tuple(_told(call, group, session) for session in found),
            total_count=things.count(call.sql, where),
            page_number=self.page_number or 1,
            page_size=limit,
        )


def _told(call: Call, group: Thing, session: Thing) -> PersistentSession:
    users = things.find(call.sql, Where(Kind.USER, linked_to=session.key, order="name"))
    return PersistentSession(
        app_instance_group_id=group.id,
        app_instance_persistent_id=session.id,
        app_instance_persistent_name=session.name,
        app_instance_persistent_status="RUNNING",
        authorized_users=tuple(user.name for user in users),
        gmt_create=iso_with_millis(session.created_at),
    )
