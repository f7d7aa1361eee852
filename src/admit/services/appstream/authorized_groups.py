"""Which delivery groups a user is authorized to, listed."""

from collections.abc import Iterator

from admit.core.links import Kind
from admit.core.validity import iso_with_millis
from admit.rpc.operation import Call
from admit.rpc.paging import PageNumber, page
from admit.rpc.shape import Shape
from admit.services.appstream.errors import UserIdMissing
from admit.services.appstream.grants_held import granted_to
from admit.services.appstream.group_details import PUBLISHED, GroupDetails, apps_of
from admit.services.appstream.group_told import App, Status, expiry_of, told_apps
from admit.services.appstream.principals import users_named
from admit.services.appstream.vocabulary import (
    DateText,
    DeliveryGroupId,
    DeliveryGroupName,
    FuzzyText,
    ImageId,
    PageSize,
    ProductType,
    RegionId,
    TotalCount,
    UserName,
    appstream,
)
from admit.store import things
from admit.store.things import Thing


class AuthorizedDeliveryGroup(Shape):
    """A delivery group the user is authorized to."""

    app_instance_group_id: DeliveryGroupId
    app_instance_group_name: DeliveryGroupName
    app_center_image_id: ImageId
    region_id: RegionId
    status: Status
    gmt_create: DateText
    apps: tuple[App, ...]
    expired_time: DateText | None = None
    app_instance_type: str | None = None


@appstream.operation("get", errors=(UserIdMissing,), form=())
class ListAuthorizedAppInstanceGroupByUser(Shape):
    """Lists the delivery groups a user is authorized to, the newest authorization first.

    Groups that the user may use only as a member of a user group, or of which only single applications
    are authorized, are not listed; nor are groups without applications.

    Ours: an authorization to a persistent session counts for its delivery group.
    Ours: for a name that nobody has the list is empty.
    """

    product_type: ProductType
    page_number: PageNumber
    page_size: PageSize
    end_user_id: UserName | None = None
    """The name of the user, which is mandatory."""
    app_instance_group_id: FuzzyText | None = None
    """Only groups whose ID contains this."""
    app_instance_group_name: FuzzyText | None = None
    """Only groups whose name contains this."""
    app_id: FuzzyText | None = None
    """Only groups with an application whose ID contains this."""
    app_name: FuzzyText | None = None
    """Only groups with an application whose name contains this."""

    class Response(Shape):
        """The page."""

        app_instance_group_models: tuple[AuthorizedDeliveryGroup, ...]
        total_count: TotalCount
        page_number: int
        page_size: int

    def handle(self, call: Call) -> Response:
        """The page of the groups that match."""
        if not self.end_user_id:
            raise UserIdMissing
        found = [group for group in _granted(call, self.end_user_id) if self._matches(call, group)]
        offset, limit = page(self.page_number, self.page_size, self.page_size)
        return self.Response(
            app_instance_group_models=tuple(_told(call, each) for each in found[offset : offset + limit]),
            total_count=len(found),
            page_number=self.page_number,
            page_size=self.page_size,
        )

    def _matches(self, call: Call, group: Thing) -> bool:
        if group.read(GroupDetails).product_type != self.product_type:
            return False
        if not _contains(group.id, self.app_instance_group_id):
            return False
        if not _contains(group.name, self.app_instance_group_name):
            return False
        apps = apps_of(call, group)
        return any(_contains(app.id, self.app_id) for app in apps) and any(
            _contains(app.name, self.app_name) for app in apps
        )


def _granted(call: Call, name: str) -> Iterator[Thing]:
    """The delivery groups granted to the users of a name, each once."""
    held = [each for user in users_named(call, name) for each in granted_to(call, user)]
    held.sort(key=lambda each: each.added_in, reverse=True)
    targets = things.by_keys(call.sql, [each.target for each in held])
    keys = {
        target.parent if target.kind is Kind.PERSISTENT_SESSION else target.key: None
        for target in (targets[each.target] for each in held)
    }
    groups = things.by_keys(call.sql, list(keys))
    yield from (groups[key] for key in keys)


def _contains(text: str, part: str | None) -> bool:
    return part is None or part.casefold() in text.casefold()


def _told(call: Call, group: Thing) -> AuthorizedDeliveryGroup:
    details = group.read(GroupDetails)
    return AuthorizedDeliveryGroup(
        app_instance_group_id=group.id,
        app_instance_group_name=group.name,
        app_center_image_id=details.image_id,
        region_id=details.region_id,
        status=PUBLISHED,
        gmt_create=iso_with_millis(group.created_at),
        apps=told_apps(call, group),
        expired_time=expiry_of(details),
    )
