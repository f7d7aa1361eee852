"""The errors of convenience users."""

from admit.core.errors import AdmitError


class UserNotFound(AdmitError):
    """No such convenience user: (name)."""

    code, status = "UserNotFound", 404
    message = "The specified user {0} does not exist."


class GroupNotFound(AdmitError):
    """No such user group: (id)."""

    code, status = "GroupNotFound", 404
    message = "The specified user group {0} does not exist."


class ExistedGroupName(AdmitError):
    """A user group has this name: (name)."""

    code, status = "ExistedGroupName", 400
    message = "The group name {0} is used by another user group."
