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
