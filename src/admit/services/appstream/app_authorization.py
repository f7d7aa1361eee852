"""Single applications of a delivery group: who may use them, granted and taken back, and listed."""

from collections.abc import Iterator

from admit.control import grants
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.paging import PageNumber, page
from admit.rpc.shape import Json, Shape
from admit.services.appstream.authorization import UserNames
from admit.services.appstream.errors import (
    AppNotFound,
    DeliveryGroupNotFound,
    MixNotSupported,
    UserNotFound,
)
from admit.services.appstream.group_details import AppDetails, GroupDetails, apps_of
from admit.services.appstream.principals import (
    UserMeta,
    refuse_both,
    users_meant,
    users_named,
)
from admit.services.appstream.vocabulary import (
    AppId,
    AppName,
    DeliveryGroupId,
    DeliveryGroupName,
    Done,
    FuzzyText,
    PageSize,
    ProductType,
    TotalCount,
    UserName,
    appstream,
    delivery_group,
)
from admit.store import links, things
from admit.store.things import Thing


@appstream.operation(
    "update",
    errors=(DeliveryGroupNotFound, AppNotFound, MixNotSupported, UserNotFound, InvalidParameter),
    form=(
        "app_instance_group_id",
        "authorize_user_ids",
        "product_type",
        "un_authorize_user_ids",
        "user_meta",
    ),
)
class AuthorizeUsersForApp(Shape):
    """Authorizes users to a single application of a delivery group, or takes that back.

    Who is authorized to the whole delivery group may use the application in any case. The users who gain
    or lose get mail about it.

    Ours: all of it is done or, when anything is wrong, nothing; what is so already is left as it is.
    Ours: it is refused where users are authorized to persistent sessions or to the whole group only.
    """

    app_id: AppId
    app_instance_group_id: DeliveryGroupId
    product_type: ProductType
    authorize_user_ids: UserNames = ()
    """The names of the users to authorize."""
    un_authorize_user_ids: UserNames = ()
    """The names of the users whose authorization to remove."""
    user_meta: Json[UserMeta] | None = None
    """What kind of users the names stand for: convenience users unless told."""

    Response = Done

    def handle(self, call: Call) -> Done:
        """Find everybody, then take back and grant."""
        group = delivery_group(call, self.app_instance_group_id, self.product_type)
        details = group.read(GroupDetails)
        if details.by_session or details.auth_mode != "App":
            raise MixNotSupported(group.id)
        app = next((each for each in apps_of(call, group) if each.id == self.app_id), None)
        if app is None:
            raise AppNotFound(self.app_id)
        refuse_both("AuthorizeUserIds", self.authorize_user_ids, self.un_authorize_user_ids)
        removed = users_meant(call, self.un_authorize_user_ids, self.user_meta, make=False)
        added = users_meant(call, self.authorize_user_ids, self.user_meta, make=True)
        for user in removed:
            grants.revoke(call.tx, user, app)
        for user in added:
            grants.grant(call.tx, user, app)
        return Done()


class CountedApp(Shape):
    """An application, and how many users are authorized to it alone."""

    app_id: AppId
    app_name: AppName
    app_version: str
    app_version_name: str
    authorized_user_count: int
    app_icon: str | None = None


class AuthorizedApp(Shape):
    """An application a user is authorized to alone."""

    app_id: AppId
    app_name: AppName
    app_version: str
    app_version_name: str
    app_instance_group_id: DeliveryGroupId
    app_instance_group_name: DeliveryGroupName
    authorized_user_count: int
    app_icon: str | None = None


def _count(call: Call, app: Thing) -> int:
    return len(links.of(call.sql, app.key, inward=True, kind=Kind.USER))


@appstream.operation("get", errors=(DeliveryGroupNotFound,), form=())
class ListAppsByAppInstanceGroupId(Shape):
    """Lists the applications of a delivery group, each with how many users are authorized to it alone.

    Ours: without AppInstanceGroupId no delivery group is found.
    """

    product_type: ProductType
    page_number: PageNumber
    page_size: PageSize
    app_instance_group_id: DeliveryGroupId | None = None

    class Response(Shape):
        """The page."""

        apps: tuple[CountedApp, ...]
        total_count: TotalCount
        page_number: int
        page_size: int

    def handle(self, call: Call) -> Response:
        """The page of the applications."""
        group = delivery_group(call, self.app_instance_group_id or "", self.product_type)
        every = apps_of(call, group)
        offset, limit = page(self.page_number, self.page_size, self.page_size)
        return self.Response(
            apps=tuple(_counted(call, app) for app in every[offset : offset + limit]),
            total_count=len(every),
            page_number=self.page_number,
            page_size=self.page_size,
        )


def _counted(call: Call, app: Thing) -> CountedApp:
    details = app.read(AppDetails)
    return CountedApp(
        app_id=app.id,
        app_name=app.name,
        app_version=details.version,
        app_version_name=details.version_name,
        authorized_user_count=_count(call, app),
        app_icon=details.icon,
    )


@appstream.operation("get", errors=(UserNotFound,), form=())
class ListAuthorizedAppsByUser(Shape):
    """Lists the applications a user is authorized to alone, the newest authorization first.

    What a user may use by the whole delivery group, or as a member of a user group, is not listed.
    """

    end_user_id: UserName
    product_type: ProductType
    page_number: PageNumber
    page_size: PageSize
    app_id: AppId | None = None
    """Only this application."""
    app_name: FuzzyText | None = None
    """Only applications whose name contains this."""
    app_instance_group_id: DeliveryGroupId | None = None
    """Only those of this delivery group."""
    app_instance_group_name: FuzzyText | None = None
    """Only those of delivery groups whose name contains this."""

    class Response(Shape):
        """The page."""

        apps: tuple[AuthorizedApp, ...]
        total_count: TotalCount
        page_number: int
        page_size: int

    def handle(self, call: Call) -> Response:
        """The page of the applications."""
        users = users_named(call, self.end_user_id)
        if not users:
            raise UserNotFound(self.end_user_id)
        found = list(dict.fromkeys(self._found(call, users)))
        offset, limit = page(self.page_number, self.page_size, self.page_size)
        known = things.by_keys(call.sql, found[offset : offset + limit])
        return self.Response(
            apps=tuple(_authorized(call, known[key]) for key in found[offset : offset + limit]),
            total_count=len(found),
            page_number=self.page_number,
            page_size=self.page_size,
        )

    def _found(self, call: Call, users: list[Thing]) -> Iterator[int]:
        """The keys of the applications that match."""
        held = [
            each for user in users for each, _ in links.of(call.sql, user.key, inward=False, kind=Kind.APP)
        ]
        apps = things.by_keys(call.sql, [each.target for each in held])
        groups = things.by_keys(call.sql, [app.parent for app in apps.values()])
        for each in sorted(held, key=lambda each: each.added_in, reverse=True):
            app = apps[each.target]
            if self._fits(app, groups[app.parent]):
                yield app.key

    def _fits(self, app: Thing, group: Thing) -> bool:
        return (
            group.read(GroupDetails).product_type == self.product_type
            and self.app_id in (None, app.id)
            and self.app_instance_group_id in (None, group.id)
            and (self.app_name or "").casefold() in app.name.casefold()
            and (self.app_instance_group_name or "").casefold() in group.name.casefold()
        )


def _authorized(call: Call, app: Thing) -> AuthorizedApp:
    details, group = app.read(AppDetails), things.by_key(call.sql, app.parent)
    return AuthorizedApp(
        app_id=app.id,
        app_name=app.name,
        app_version=details.version,
        app_version_name=details.version_name,
        app_instance_group_id=group.id,
        app_instance_group_name=group.name,
        authorized_user_count=_count(call, app),
        app_icon=details.icon,
    )
