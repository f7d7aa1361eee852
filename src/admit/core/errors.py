"""What every error has, and the errors of the wire itself."""

from typing import ClassVar


class AdmitError(Exception):
    """An error with a place on the wire: a code, an HTTP status and a message.

    ``code`` and ``message`` are format strings; both are filled from the
    arguments, so a family such as ``ResourceNotFound.{0}`` is one class.
    """

    code: ClassVar[str] = "InternalError"
    status: ClassVar[int] = 500
    message: ClassVar[str] = "The request could not be completed because of an unknown error."

    def __init__(self, *arguments: object) -> None:
        self.full_code = self.code.format(*arguments)
        self.text = self.message.format(*arguments)
        super().__init__(self.full_code, self.text)


class InternalError(AdmitError):
    """Something failed that should not have; the log has the rest."""


class MissingParameter(AdmitError):
    """A mandatory parameter is absent: (name)."""

    code, status = "MissingParameter.{0}", 400
    message = 'The input parameter "{0}" that is mandatory for processing this request is not supplied.'


class InvalidParameter(AdmitError):
    """A parameter's value is not valid: (name, why)."""

    code, status = "InvalidParameter.{0}", 400
    message = "The specified parameter {0} is not valid: {1}"


class MissingAction(AdmitError):
    """No operation is named."""

    code, status = "MissingAction", 400
    message = "The parameter Action, or the header x-acs-action, is mandatory."


class MissingVersion(AdmitError):
    """No version is named."""

    code, status = "MissingVersion", 400
    message = "The parameter Version, or the header x-acs-version, is mandatory."


class UnknownVersion(AdmitError):
    """No service has this version: (version)."""

    code, status = "InvalidVersion", 400
    message = "The specified version {0} is not valid. Check the version of the API you call."


class UnknownAction(AdmitError):
    """The service has no such operation: (action, version)."""

    code, status = "InvalidAction.NotFound", 404
    message = "The specified API {0} of version {1} is unknown. Check the name of the operation."


class UnsupportedHTTPMethod(AdmitError):
    """Neither GET nor POST: (method)."""

    code, status = "UnsupportedHTTPMethod", 405
    message = "The HTTP method {0} is not supported. Use GET or POST."


class RequestTooLarge(AdmitError):
    """The body is over the limit: (limit in bytes)."""

    code, status = "RequestEntityTooLarge", 413
    message = "The request body is larger than {0} bytes."


class BadRequest(AdmitError):
    """The request cannot be read: (why)."""

    code, status = "InvalidParameter", 400
    message = "The request cannot be read: {0}"


class UnknownFormat(AdmitError):
    """The answer is asked for in an unknown form: (value)."""

    code, status = "InvalidParameter.Format", 400
    message = "The specified parameter Format is not valid: {0}. Use JSON or XML."


class AccessKeyNotFound(AdmitError):
    """Nobody has this access key."""

    code, status = "InvalidAccessKeyId.NotFound", 404
    message = "The specified access key is not found."


class AccessKeyInactive(AdmitError):
    """The access key is disabled."""

    code, status = "InvalidAccessKeyId.Inactive", 400
    message = "The specified access key is disabled."


class UnsignedRequest(AdmitError):
    """No signature came with the request."""

    code, status = "MissingAccessKeyId", 400
    message = (
        "The request is not signed: it carries neither an Authorization header nor a Signature parameter."
    )


class BadSignature(AdmitError):
    """The signature cannot be read or does not match: (code, text)."""

    code, status, message = "{0}", 400, "{1}"


class TimestampExpired(AdmitError):
    """The request was signed too long ago, or in the future: (minutes allowed)."""

    code, status = "InvalidTimeStamp.Expired", 400
    message = "The specified time stamp is more than {0} minutes away from the time of the server."


class NonceUsed(AdmitError):
    """The same signed request came before."""

    code, status = "SignatureNonceUsed", 400
    message = "The specified signature nonce was used already."


class MissingSecurityToken(AdmitError):
    """A temporary key came without its token."""

    code, status = "MissingSecurityToken", 400
    message = "The security token is mandatory for a temporary access key."


class SecurityTokenExpired(AdmitError):
    """The token's time is over."""

    code, status = "InvalidSecurityToken.Expired", 400
    message = "The specified security token is expired."


class SecurityTokenRevoked(AdmitError):
    """The access that the token was given for has ended before the token did."""

    code, status = "InvalidSecurityToken.Revoked", 400
    message = "The access that the specified security token was given for has ended."


class SecurityTokenMalformed(AdmitError):
    """The token is not one of ours."""

    code, status = "InvalidSecurityToken.Malformed", 400
    message = "The specified security token is malformed."


class SecurityTokenMismatch(AdmitError):
    """The token belongs to another key."""

    code, status = "InvalidSecurityToken.MismatchWithAccessKey", 400
    message = "The specified security token does not match the access key."


class IdempotentParameterMismatch(AdmitError):
    """A ClientToken came back with other parameters."""

    code, status = "IdempotentParameterMismatch", 400
    message = "The request uses a client token of an earlier request, but its parameters differ."


class InvalidNextToken(AdmitError):
    """A page token is not one of ours."""

    code, status = "InvalidParameter.NextToken", 400
    message = "The specified parameter NextToken is not valid: it was not given out by this operation."


class NoPermission(AdmitError):
    """RAM does not let the caller do this: (action, resource)."""

    code, status = "NoPermission", 403
    message = "You are not authorized to do this action: {0} on {1}. A RAM policy must allow it."

    detail: dict[str, str] | None = None
    """The answer's AccessDeniedDetail, filled in where RAM was asked."""

    def __init__(self, action: str, resource: str, code: str = "NoPermission") -> None:
        super().__init__(action, resource)
        # Services spell it differently.
        self.full_code = code


class ServiceUnavailable(AdmitError):
    """The server has no room for the request at this moment."""

    code, status = "ServiceUnavailable", 503
    message = "The service cannot answer at the moment. Try again later."


class RevisionNotReached(AdmitError):
    """A revision that a caller asks to be answered at has not come: (wanted, newest)."""

    code, status = "RevisionNotReached", 503
    message = "Revision {0} has not been reached here; the newest is {1}. Was it another system's?"


class SignedOut(AdmitError):
    """A browser that was signed in is so no more."""

    code, status = "SignedOut", 401
    message = "You are signed out. Sign in again."
