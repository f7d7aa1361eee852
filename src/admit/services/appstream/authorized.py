"""Who a delivery group is authorized to, listed."""

from typing import get_args

from admit.core.errors import InvalidParameter, MissingParameter
from admit.core.links import Kind
from admit.rpc.operation import Call
from admit.rpc.paging import PageNumber, page
from admit.rpc.shape import Shape
from admit.services.appstream.delivery_groups import not_found_of
from admit.services.appstream.errors import (
    BrowserGroupNotFound,
    DeliveryGroupNotFound,
    DeliveryGroupSetNotFound,
    ProductTypeInvalid,
    SpecItemNotFound,
)
from admit.services.appstream.grants_held import granted_on, granted_things, once_each
from admit.services.appstream.group_details import GroupDetails, apps_of, sessions_of
from admit.services.appstream.principals import Account
from admit.services.appstream.vocabulary import (
    AppId,
    AuthMode,
    DeliveryGroupId,
    DeliveryGroupSetId,
    FuzzyText,
    PageSize,
    ProductName,
    ProductText,
    ProductType,
    SessionId,
    TotalCount,
    UserGroupId,
    UserName,
    appstream,
    delivery_group,
    one_of,
    refuse_set,
)
from admit.store import links, things
from admit.store.things import Thing, Where


class AuthorizedUser(Shape):
    """A user who is authorized."""

    end_user_id: UserName
    account_type: str
    """simple: a convenience user. ad: a user of an AD domain."""
    app_instance_group_id: DeliveryGroupId
    auth_mode: AuthMode
    is_auth_all_apps: str
    """Whether AppId was not given: true or false, as text."""
    app_id: AppId | None = None
    app_instance_persistent_ids: tuple[SessionId, ...] | None = None
    """The persistent sessions the user is authorized to."""
    app_instance_group_set_id: DeliveryGroupSetId | None = None
    email: str | None = None
    phone: str | None = None


@appstream.operation(
    "get",
    errors=(
        SpecItemNotFound,
        BrowserGroupNotFound,
        DeliveryGroupSetNotFound,
        ProductTypeInvalid,
        InvalidParameter,
    ),
    form=(
        "app_id",
        "app_instance_group_id",
        "app_instance_group_set_id",
        "app_instance_persistent_id",
        "page_number",
        "page_size",
        "product_type",
    ),
)
class ListAuthorizedUsers(Shape):
    """Lists the users a delivery group is authorized to, the newest authorization first.

    Users who are authorized only as members of a user group are not listed. Where applications or the
    whole group are authorized, pages are of authorizations: a user with several on a page is told once,
    and TotalCount counts authorizations.

    Ours: AppId and AppInstancePersistentId find nobody where users are not authorized to such things.
    """

    product_type: ProductText
    page_number: PageNumber
    page_size: PageSize
    app_instance_group_id: DeliveryGroupId | None = None
    """The ID of the delivery group: exactly one of it and AppInstanceGroupSetId."""
    app_instance_group_set_id: DeliveryGroupSetId | None = None
    app_id: AppId | None = None
    """Only users who are authorized to this single application."""
    app_instance_persistent_id: SessionId | None = None
    """Only users who are authorized to this persistent session."""
    end_user_id: UserName | None = None
    """Only the user of this name."""
    user_id_fuzzy: FuzzyText | None = None
    """Only users whose name contains this."""

    class Response(Shape):
        """The page."""

        users: tuple[AuthorizedUser, ...]
        total_count: TotalCount
        page_number: int
        page_size: int

    def handle(self, call: Call) -> Response:
        """The page, each user once."""
        group = self._group(call)
        whom = Where(Kind.USER, name=self.end_user_id, name_contains=self.user_id_fuzzy)
        found = granted_on(call, self._targets(call, group), whom)
        if group.read(GroupDetails).by_session:
            found = once_each(found)
        offset, limit = page(self.page_number, self.page_size, self.page_size)
        shown = once_each(found[offset : offset + limit])
        users = things.by_keys(call.sql, [held.source for held in shown])
        return self.Response(
            users=tuple(self._told(call, group, users[held.source]) for held in shown),
            total_count=len(found),
            page_number=self.page_number,
            page_size=self.page_size,
        )

    def _group(self, call: Call) -> Thing:
        product = _product(self.product_type)
        if bool(self.app_instance_group_id) == bool(self.app_instance_group_set_id):
            why = "exactly one of it and AppInstanceGroupSetId is mandatory."
            raise InvalidParameter("AppInstanceGroupId", why)
        if self.app_instance_group_set_id:
            if self.app_id:
                raise InvalidParameter("AppId", "it does not go with a set.")
            if self.app_instance_persistent_id:
                raise InvalidParameter("AppInstancePersistentId", "it does not go with a set.")
        refuse_set(self.app_instance_group_set_id)
        return delivery_group(call, self.app_instance_group_id or "", product, not_found_of(product))

    def _targets(self, call: Call, group: Thing) -> list[Thing]:
        if self.app_id:
            return [app for app in apps_of(call, group) if app.id == self.app_id]
        if self.app_instance_persistent_id:
            asked = self.app_instance_persistent_id
            return [session for session in sessions_of(call, group) if session.id == asked]
        return granted_things(call, group)

    def _told(self, call: Call, group: Thing, user: Thing) -> AuthorizedUser:
        details, account = group.read(GroupDetails), user.read(Account)
        sessions = None
        if details.by_session:
            every = {session.key: session.id for session in sessions_of(call, group)}
            held = links.targets_among(call.sql, user.key, list(every))
            sessions = tuple(every[key] for key in every if key in held)
        return AuthorizedUser(
            end_user_id=user.name,
            account_type=account.source,
            app_instance_group_id=group.id,
            auth_mode=details.auth_mode,
            is_auth_all_apps="false" if self.app_id else "true",
            app_id=self.app_id or None,
            app_instance_persistent_ids=sessions,
            email=account.email,
            phone=account.phone,
        )


def _product(text: str) -> ProductName:
    known: dict[str, ProductName] = {name.casefold(): name for name in get_args(ProductName)}
    found = known.get(text.casefold())
    if found is None:
        raise ProductTypeInvalid(text)
    return found


class AuthorizedUserGroup(Shape):
    """A user group that is authorized."""

    group_id: UserGroupId
    group_name: str
    app_instance_group_id: DeliveryGroupId
    auth_mode: AuthMode
    app_instance_group_set_id: DeliveryGroupSetId | None = None


@appstream.operation(
    "get", errors=(DeliveryGroupNotFound, DeliveryGroupSetNotFound, InvalidParameter, MissingParameter)
)
class ListAuthorizedUserGroups(Shape):
    """Lists the user groups a delivery group is authorized to, the newest authorization first."""

    product_type: ProductType
    page_number: PageNumber
    page_size: PageSize
    app_instance_group_id: DeliveryGroupId | None = None
    """The ID of the delivery group: exactly one of it and AppInstanceGroupSetId."""
    app_instance_group_set_id: DeliveryGroupSetId | None = None
    group_id: UserGroupId | None = None
    """Only this user group."""
    group_name: FuzzyText | None = None
    """Only user groups whose name contains this."""

    class Response(Shape):
        """The page."""

        user_groups: tuple[AuthorizedUserGroup, ...]
        total_count: TotalCount
        page_number: int
        page_size: int

    def handle(self, call: Call) -> Response:
        """The page, each user group once."""
        group_id = one_of(self.app_instance_group_id, self.app_instance_group_set_id)
        group = delivery_group(call, group_id, self.product_type)
        ids = None if self.group_id is None else [self.group_id]
        whom = Where(Kind.GROUP, ids=ids, name_contains=self.group_name)
        found = once_each(granted_on(call, granted_things(call, group), whom))
        offset, limit = page(self.page_number, self.page_size, self.page_size)
        shown = found[offset : offset + limit]
        groups = things.by_keys(call.sql, [held.source for held in shown])
        mode = group.read(GroupDetails).auth_mode
        return self.Response(
            user_groups=tuple(
                AuthorizedUserGroup(
                    group_id=each.id, group_name=each.name, app_instance_group_id=group.id, auth_mode=mode
                )
                for each in (groups[held.source] for held in shown)
            ),
            total_count=len(found),
            page_number=self.page_number,
            page_size=self.page_size,
        )


@appstream.operation("get", errors=(DeliveryGroupNotFound,))
class PageListAppInstanceGroupUser(Shape):
    """Lists the names of the users a delivery group is authorized to, the newest authorization first."""

    app_instance_group_id: DeliveryGroupId
    product_type: ProductType
    page_number: PageNumber | None = None
    page_size: PageSize | None = None
    """How many entries a page has: 20 unless told."""

    class Response(Shape):
        """The page."""

        users: tuple[UserName, ...]

    def handle(self, call: Call) -> Response:
        """The page, each name once."""
        group = delivery_group(call, self.app_instance_group_id, self.product_type)
        found = once_each(granted_on(call, granted_things(call, group), Where(Kind.USER)))
        offset, limit = page(self.page_number, self.page_size, 20)
        shown = found[offset : offset + limit]
        users = things.by_keys(call.sql, [held.source for held in shown])
        return self.Response(users=tuple(users[held.source].name for held in shown))
