"""The secrets with which an application shows that it is itself."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from admit.base.chance import ID_LETTERS
from admit.control import things as verbs
from admit.control.eiam.applications import CLIENT_SECRET, ClientSecretDetails, opened
from admit.control.things import New
from admit.core.errors import InvalidParameter
from admit.core.links import Kind
from admit.core.validity import FOREVER
from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.eiam.directory import Status
from admit.services.eiam.errors import LimitExceeded, ResourceNotFound
from admit.services.eiam.vocabulary import (
    DISABLED,
    ON_APPLICATION,
    ApplicationId,
    Done,
    InstanceId,
    Moment,
    TotalCount,
    application,
    disabled_among,
    eiam,
    instance,
    ordered_id,
)
from admit.store import secret_uses, things
from admit.store.things import Thing, Where

MOST = 10
"""How many secrets an application has at most."""
LETTERS = ID_LETTERS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LENGTH = 44
"""Of a secret: 262 bits."""
SecretId = Annotated[str, like("sci_k52x2ru63rlkflina5utgkxxxx", "The ID of the client secret.")]


class NewClientSecret(Shape):
    """A client secret, when it is made."""

    client_id: ApplicationId
    client_secret: str
    """The secret itself. ObtainApplicationClientSecret tells it again."""
    secret_id: SecretId


class ClientSecret(Shape):
    """A client secret."""

    application_id: ApplicationId
    client_id: ApplicationId
    instance_id: InstanceId
    secret_id: SecretId
    status: Status
    client_secret: str
    """The secret; in lists all but its last letters are hidden."""
    expiration_time: Moment | None = None
    """When it ends; absent if it does not."""
    last_used_time: Moment | None = None
    """When the application showed it last and was right, some ten seconds late; absent if it never did."""


def _told(call: Call, idaas: Thing, owner: Thing, texts: Mapping[Thing, str]) -> tuple[ClientSecret, ...]:
    """Secrets as they are told, each with a text."""
    disabled = disabled_among(call, list(texts))
    used = secret_uses.last(call.sql, [each.key for each in texts])
    told = []
    for secret, text in texts.items():
        ends_at = secret.read(ClientSecretDetails).expires_at
        told.append(
            ClientSecret(
                application_id=owner.id,
                client_id=owner.id,
                instance_id=idaas.id,
                secret_id=secret.id,
                status="disabled" if secret.key in disabled else "enabled",
                client_secret=text,
                expiration_time=None if ends_at == FOREVER else ends_at,
                last_used_time=used.get(secret.key),
            )
        )
    return tuple(told)


@eiam.operation(
    "create", errors=(ResourceNotFound, InvalidParameter, LimitExceeded), resources=(ON_APPLICATION,)
)
class CreateApplicationClientSecret(Shape):
    """Creates a secret with which an application shows that it is itself.

    Ours: an application has ten at most, so that one can be replaced while the other is in use.
    """

    instance_id: InstanceId
    application_id: ApplicationId
    expiration_time: Moment | None = None
    """When it ends; without it, it does not."""

    class Response(Shape):
        """The new secret."""

        application_client_secret: NewClientSecret

    def handle(self, call: Call) -> Response:
        """Make a secret and keep it sealed."""
        owner = application(call, instance(call, self.instance_id), self.application_id)
        if self.expiration_time is not None and self.expiration_time <= call.now:
            raise InvalidParameter("ExpirationTime", "it is over already.")
        if things.count(call.sql, Where(Kind.CLIENT_SECRET, parent=owner.key)) >= MOST:
            raise LimitExceeded("ClientSecret", MOST)
        text = call.world.chance.text(LENGTH, LETTERS)
        details = ClientSecretDetails(self.expiration_time or FOREVER)
        secret_id = ordered_id(call, "sci_")
        made = verbs.add(call.tx, New(Kind.CLIENT_SECRET, owner.key, secret_id, details, secret_id))
        sealed = call.world.sealer.seal(text.encode(), f"{CLIENT_SECRET}:{made.id}")
        verbs.keep_secret(call.tx, made, CLIENT_SECRET, sealed)
        told = NewClientSecret(client_id=owner.id, client_secret=text, secret_id=made.id)
        return self.Response(application_client_secret=told)


@eiam.operation("list", errors=(ResourceNotFound,), resources=(ON_APPLICATION,))
class ListApplicationClientSecrets(Shape):
    """Queries the client secrets of an application, the oldest first.

    Ours: of each secret only the last four letters are shown.
    """

    instance_id: InstanceId
    application_id: ApplicationId

    class Response(Shape):
        """The secrets."""

        application_client_secrets: tuple[ClientSecret, ...]
        total_count: TotalCount

    def handle(self, call: Call) -> Response:
        """Find the secrets."""
        idaas = instance(call, self.instance_id)
        owner = application(call, idaas, self.application_id)
        found = things.find(call.sql, Where(Kind.CLIENT_SECRET, parent=owner.key))
        told = _told(call, idaas, owner, {each: _hidden(call, each) for each in found})
        return self.Response(application_client_secrets=told, total_count=len(told))


def _hidden(call: Call, secret: Thing) -> str:
    return f"****{opened(call.sql, call.world, secret).reveal()[-4:]}"


@eiam.operation("get", errors=(ResourceNotFound,), resources=(ON_APPLICATION,))
class ObtainApplicationClientSecret(Shape):
    """Tells a client secret."""

    instance_id: InstanceId
    application_id: ApplicationId
    secret_id: SecretId

    class Response(Shape):
        """The secret."""

        application_client_secret: ClientSecret

    def handle(self, call: Call) -> Response:
        """Open the secret."""
        idaas = instance(call, self.instance_id)
        owner = application(call, idaas, self.application_id)
        found = _secret(call, owner, self.secret_id)
        text = opened(call.sql, call.world, found).reveal()
        (told,) = _told(call, idaas, owner, {found: text})
        return self.Response(application_client_secret=told)


@eiam.operation("update", errors=(ResourceNotFound, InvalidParameter), resources=(ON_APPLICATION,))
class UpdateApplicationClientSecretExpirationTime(Shape):
    """Changes when a client secret ends.

    Ours: without ExpirationTime it ends no more.
    """

    instance_id: InstanceId
    application_id: ApplicationId
    secret_id: SecretId
    expiration_time: Moment | None = None

    Response = Done

    def handle(self, call: Call) -> Done:
        """Write when it ends."""
        owner = application(call, instance(call, self.instance_id), self.application_id)
        found = _secret(call, owner, self.secret_id)
        if self.expiration_time is not None and self.expiration_time <= call.now:
            raise InvalidParameter("ExpirationTime", "it is over already.")
        details = msgspec.structs.replace(
            found.read(ClientSecretDetails), expires_at=self.expiration_time or FOREVER
        )
        verbs.change(call.tx, found, details=details)
        return Done()


@eiam.operation("update", errors=(ResourceNotFound,), resources=(ON_APPLICATION,))
class EnableApplicationClientSecret(Shape):
    """Enables a client secret. One that is enabled already stays so."""

    instance_id: InstanceId
    application_id: ApplicationId
    secret_id: SecretId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Lift the block."""
        owner = application(call, instance(call, self.instance_id), self.application_id)
        verbs.unblock(call.tx, _secret(call, owner, self.secret_id), DISABLED)
        return Done()


@eiam.operation("update", errors=(ResourceNotFound,), resources=(ON_APPLICATION,))
class DisableApplicationClientSecret(Shape):
    """Disables a client secret: it shows nothing any more. One that is disabled already stays so."""

    instance_id: InstanceId
    application_id: ApplicationId
    secret_id: SecretId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Block the secret."""
        owner = application(call, instance(call, self.instance_id), self.application_id)
        verbs.block(call.tx, _secret(call, owner, self.secret_id), DISABLED)
        return Done()


@eiam.operation("delete", errors=(ResourceNotFound,), resources=(ON_APPLICATION,))
class DeleteApplicationClientSecret(Shape):
    """Deletes a client secret.

    Ours: an enabled one can be deleted as well.
    """

    instance_id: InstanceId
    application_id: ApplicationId
    secret_id: SecretId

    Response = Done

    def handle(self, call: Call) -> Done:
        """Remove the secret."""
        owner = application(call, instance(call, self.instance_id), self.application_id)
        verbs.remove(call.tx, _secret(call, owner, self.secret_id))
        return Done()


def _secret(call: Call, owner: Thing, secret_id: str) -> Thing:
    found = things.by_id(call.sql, Kind.CLIENT_SECRET, owner.key, secret_id)
    if found is None:
        raise ResourceNotFound("ClientSecret", secret_id)
    return found
