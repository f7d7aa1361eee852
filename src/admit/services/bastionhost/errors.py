"""The errors of Bastionhost."""

from admit.core.errors import AdmitError


class InvalidArgument(AdmitError):
    """A parameter is not valid: (name, why)."""

    code, status = "InvalidParameter", 400
    message = "The argument is invalid. {0}: {1}"


class InstanceNotFound(AdmitError):
    """No such bastion host: (id). Terraform takes this code for "gone"."""

    code, status = "Commodity.BizError.InvalidStatus", 404
    message = "The specified bastion host {0} does not exist."


class UserNotFound(AdmitError):
    """No such user: (id).

    Terraform's delete takes an error that mentions OBJECT_NOT_FOUND for "already gone".
    """

    code, status = "UserNotFound", 404
    message = "The specified user {0} does not exist (OBJECT_NOT_FOUND)."


class UserAlreadyExists(AdmitError):
    """The user name is taken: (name)."""

    code, status = "UserAlreadyExists", 400
    message = "The specified user {0} already exists."


class UserGroupNotFound(AdmitError):
    """No such user group: (id). It mentions OBJECT_NOT_FOUND for Terraform, as a user does."""

    code, status = "UserGroupNotFound", 404
    message = "The specified user group {0} does not exist (OBJECT_NOT_FOUND)."


class UserGroupAlreadyExists(AdmitError):
    """The group's name is taken: (name)."""

    code, status = "UserGroupAlreadyExists", 400
    message = "The specified user group {0} already exists."


class HostNotFound(AdmitError):
    """No such host: (id). 400, unlike the other kinds, as the vendor has it; else as a user."""

    code, status = "HostNotFound", 400
    message = "The specified host {0} does not exist (OBJECT_NOT_FOUND)."


class HostAccountNotFound(AdmitError):
    """No such host account: (id). It mentions OBJECT_NOT_FOUND for Terraform, as a user does."""

    code, status = "HostAccountNotFound", 404
    message = "The specified host account {0} does not exist (OBJECT_NOT_FOUND)."


class HostAccountAlreadyExists(AdmitError):
    """The host has such an account: (name)."""

    code, status = "HostAccountAlreadyExists", 400
    message = "The specified host account {0} already exists."


class HostAccountChanged(AdmitError):
    """The account's secrets changed while a private key was being opened with them."""

    code, status = "HostAccountChanged", 409
    message = "The secrets of the host account were changed at the same time. Try again."


class HostShareKeyChanged(AdmitError):
    """The shared key's secrets changed while a private key was being opened with them."""

    code, status = "HostShareKeyChanged", 409
    message = "The secrets of the shared key were changed at the same time. Try again."


class LicenseOutOfLimit(AdmitError):
    """The licence covers no more assets: (how many)."""

    code, status = "LicenseOutOfLimit", 400
    message = "The licence of the bastion host covers {0} assets at most."


class HostShareKeyNotFound(AdmitError):
    """No such shared key: (id). It mentions OBJECT_NOT_FOUND for Terraform, as a user does."""

    code, status = "HostShareKeyNotFound", 404
    message = "The specified shared key {0} does not exist (OBJECT_NOT_FOUND)."


class NoSuchHostShareKey(HostShareKeyNotFound):
    """The same where the vendor answers it with 400: (id)."""

    status = 400


class HostShareKeyAlreadyExists(AdmitError):
    """The name of the shared key is taken: (name)."""

    code, status = "HostShareKeyAlreadyExists", 400
    message = "The specified shared key {0} already exists."


class UserPublicKeyNotFound(AdmitError):
    """No such public key: (id). Ours, for the vendor documents none."""

    code, status = "UserPublicKeyNotFound", 404
    message = "The specified public key {0} does not exist (OBJECT_NOT_FOUND)."


class UserPublicKeyAlreadyExists(AdmitError):
    """A user of the bastion host has this key: (fingerprint). Ours, for the vendor documents none."""

    code, status = "UserPublicKeyAlreadyExists", 400
    message = "The specified public key {0} is a user's already."


class PolicyNotFound(AdmitError):
    """No such control policy: (id). It mentions OBJECT_NOT_FOUND for Terraform, as a user does."""

    code, status = "PolicyNotFound", 404
    message = "The specified control policy {0} does not exist (OBJECT_NOT_FOUND)."


class PolicyAlreadyExists(AdmitError):
    """The control policy's name is taken: (name)."""

    code, status = "PolicyAlreadyExists", 400
    message = "The specified control policy {0} already exists."
