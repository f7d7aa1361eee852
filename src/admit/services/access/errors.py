"""The errors of admit's own service."""

from admit.core.errors import AdmitError


class NotFound(AdmitError):
    """A name names nothing: (text)."""

    code, status, message = "EntityNotExist", 404, "{0}"


class Ambiguous(AdmitError):
    """A name names more than one thing: (text)."""

    code, status, message = "EntityAmbiguous", 409, "{0}"


class SessionNotFound(AdmitError):
    """There never was such a session: (ID)."""

    code, status, message = "EntityNotExist.Session", 404, "There is no session {0}."


class NotGrantable(AdmitError):
    """This subject cannot be granted this resource: (text)."""

    code, status, message = "UnsupportedAction.Grant", 400, "{0}"


class RequestNotFound(AdmitError):
    """There never was such a request, or its user is no more: (ID)."""

    code, status, message = "EntityNotExist.AccessRequest", 404, "There is no access request {0}."


class RequestDecided(AdmitError):
    """A request waits no more: (ID)."""

    code, status = "UnsupportedAction.AccessRequest", 409
    message = "The access request {0} waits no more: it was decided, withdrawn, or has lapsed."


class AgreementNotFound(AdmitError):
    """There is no such agreement: (ID)."""

    code, status, message = "EntityNotExist.BreakGlass", 404, "There is no break-glass agreement {0}."


class TokenNameTaken(AdmitError):
    """A user has a bearer token of this name: (user, name)."""

    code, status = "EntityAlreadyExists.BearerToken", 409
    message = "{0} has a token {1} already: revoke it, or choose another name."


class NotGranted(AdmitError):
    """Nothing leads a person to what they ask for at this moment: (person, resource)."""

    code, status = "AccessNotGranted", 403
    message = (
        "{0} has no access to {1} at this moment. ExplainAccess says which link is missing or has ended."
    )


class CloudRoleUnusable(AdmitError):
    """A cloud role that is granted, and that nobody can be given a key for: (why)."""

    code, status = "CloudRoleUnusable", 409
    message = "{0}"


class ConnectionNameTaken(AdmitError):
    """The instance has a SCIM connection of that name: (name)."""

    code, status = "EntityAlreadyExists.ScimConnection", 409
    message = "There is a SCIM connection {0} already."


class ReviewNotFound(AdmitError):
    """There is no such access review: (ID)."""

    code, status, message = "EntityNotExist.Review", 404, "There is no access review {0}."


class ReviewClosed(AdmitError):
    """An access review is due or closed: (ID)."""

    code, status, message = "UnsupportedAction.Review", 409, "The access review {0} is over."


class NothingToReview(AdmitError):
    """An access review cannot begin: (why)."""

    code, status, message = "UnsupportedAction.CreateReview", 400, "The review cannot begin: {0}"


class NobodyLooks(AdmitError):
    """Nobody serves who could look: the call was made in some other program than `admit serve`."""

    code, status = "HealthUnknown", 409
    message = "Only a server looks at what it stands on: run `admit doctor` instead."
