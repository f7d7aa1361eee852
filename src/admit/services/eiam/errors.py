"""The errors of IDaaS EIAM: families, each code one resource or parameter."""

from admit.core.errors import AdmitError


class ResourceNotFound(AdmitError):
    """No such resource: (kind, id)."""

    code, status = "ResourceNotFound.{0}", 404
    message = "The specified {0} resource: {1} not found."


class ResourceDuplicated(AdmitError):
    """Something of this kind exists already: (kind or unique attribute)."""

    code, status = "ResourceDuplicated.{0}", 403
    message = "The specified resource: {0} already exist."


class UnsupportedAction(AdmitError):
    """The state of a resource does not allow it: (what stands against it, why)."""

    code, status = "UnsupportedAction.{0}", 400
    message = "The action is not supported: {1}"


class LimitExceeded(AdmitError):
    """There are as many of a kind as there may be: (kind, how many)."""

    code, status = "LimitExceeded.{0}", 403
    message = "The maximum number of {0} resources, {1}, is reached."
