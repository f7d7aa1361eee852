"""The errors of STS."""

from admit.core.errors import AdmitError


class PolicyTooLong(AdmitError):
    """The session's policy is over the limit: (limit in characters)."""

    code, status = "InvalidParameter.PolicySize", 400
    message = "The specified policy is longer than {0} characters."


class PolicyMalformed(AdmitError):
    """The session's policy does not follow the policy language: (where and why)."""

    code, status = "InvalidParameter.PolicyGrammar", 400
    message = "The specified policy is malformed. {0}"


class RoleNotFound(AdmitError):
    """No such role: (ARN)."""

    code, status = "EntityNotExist.Role", 404
    message = "The specified role does not exist: {0}"


class RootMayNotAssume(AdmitError):
    """The account itself asked to assume a role."""

    code, status = "NoPermission", 403
    message = "Roles may not be assumed by root accounts."
