"""The errors of RAM."""

from admit.core.errors import AdmitError

_FORMATTED = frozenset({"Email", "NewEmail", "MobilePhone", "NewMobilePhone", "VersionId"})
"""Parameters of which the vendor only says that their format is wrong."""


class InvalidParameter(AdmitError):
    """A parameter's value is not valid: (name, why, Length, InvalidChars, Format or Value)."""

    code, status = "InvalidParameter.{0}.{2}", 400
    message = "The specified parameter {0} is not valid: {1}"

    def __init__(self, name: str, why: str, kind: str = "Value") -> None:
        super().__init__(name, why, "Format" if name in _FORMATTED else kind)
        if kind == "Value" and name not in _FORMATTED:
            self.full_code = f"InvalidParameter.{name}"


class MalformedPolicyDocument(AdmitError):
    """A policy document does not follow the policy language: (where and why)."""

    code, status = "MalformedPolicyDocument", 400
    message = "The specified policy document is malformed. {0}"


# -- nothing of that name --------------------------------------------------------------------------


class UserNotFound(AdmitError):
    """No such user: (name)."""

    code, status = "EntityNotExist.User", 404
    message = "The user does not exist: {0}"


class AccessKeyNotFound(AdmitError):
    """The user has no such access key: (id)."""

    code, status = "EntityNotExist.User.AccessKey", 404
    message = "The access key does not exist: {0}"


class LoginProfileNotFound(AdmitError):
    """The user has no password: (user)."""

    code, status = "EntityNotExist.User.LoginProfile", 404
    message = "The user {0} has no login profile."


class GroupNotFound(AdmitError):
    """No such group: (name)."""

    code, status = "EntityNotExist.Group", 404
    message = "The group does not exist: {0}"


class NotInGroup(AdmitError):
    """The user is not in the group: (user, group)."""

    code, status = "EntityNotExist.User.Group", 404
    message = "The user {0} is not in the group {1}."


class RoleNotFound(AdmitError):
    """No such role: (name)."""

    code, status = "EntityNotExist.Role", 404
    message = "The role does not exist: {0}"


class PolicyNotFound(AdmitError):
    """No such policy of that type: (name, type)."""

    code, status = "EntityNotExist.Policy", 404
    message = "The {1} policy does not exist: {0}"


class PolicyVersionNotFound(AdmitError):
    """The policy has no such version: (version)."""

    code, status = "EntityNotExist.Policy.Version", 404
    message = "The policy version does not exist: {0}"


class NotAttachedToUser(AdmitError):
    """The policy is not attached to the user: (policy, user)."""

    code, status = "EntityNotExist.User.Policy", 404
    message = "The policy {0} is not attached to the user {1}."


class NotAttachedToGroup(AdmitError):
    """The policy is not attached to the group: (policy, group)."""

    code, status = "EntityNotExist.Group.Policy", 404
    message = "The policy {0} is not attached to the group {1}."


class NotAttachedToRole(AdmitError):
    """The policy is not attached to the role: (policy, role)."""

    code, status = "EntityNotExist.Role.Policy", 404
    message = "The policy {0} is not attached to the role {1}."


# -- there already ---------------------------------------------------------------------------------


class UserAlreadyExists(AdmitError):
    """The user name is taken: (name)."""

    code, status = "EntityAlreadyExists.User", 409
    message = "The user already exists: {0}"


class GroupAlreadyExists(AdmitError):
    """The group name is taken: (name)."""

    code, status = "EntityAlreadyExists.Group", 409
    message = "The group already exists: {0}"


class RoleAlreadyExists(AdmitError):
    """The role name is taken: (name)."""

    code, status = "EntityAlreadyExists.Role", 409
    message = "The role already exists: {0}"


class PolicyAlreadyExists(AdmitError):
    """The policy name is taken: (name)."""

    code, status = "EntityAlreadyExists.Policy", 409
    message = "The policy already exists: {0}"


class AlreadyInGroup(AdmitError):
    """The user is in the group: (user, group)."""

    code, status = "EntityAlreadyExists.User.Group", 409
    message = "The user {0} is in the group {1} already."


class AlreadyAttachedToUser(AdmitError):
    """The policy is attached to the user: (policy, user)."""

    code, status = "EntityAlreadyExists.User.Policy", 409
    message = "The policy {0} is attached to the user {1} already."


class AlreadyAttachedToGroup(AdmitError):
    """The policy is attached to the group: (policy, group)."""

    code, status = "EntityAlreadyExists.Group.Policy", 409
    message = "The policy {0} is attached to the group {1} already."


class AlreadyAttachedToRole(AdmitError):
    """The policy is attached to the role: (policy, role)."""

    code, status = "EntityAlreadyExists.Role.Policy", 409
    message = "The policy {0} is attached to the role {1} already."


# -- still in use ----------------------------------------------------------------------------------


class UserHasAccessKey(AdmitError):
    """The user has access keys: (user)."""

    code, status = "DeleteConflict.User.AccessKey", 409
    message = "The user {0} cannot be deleted while it has access keys."


class LastKeyOfAccount(AdmitError):
    """The account itself would have no active access key: (id)."""

    code, status = "DeleteConflict.Account.AccessKey", 409
    message = "The access key {0} is the last one that the account can sign with. Make another one first."


class UserHasProfile(AdmitError):
    """The user has a password: (user)."""

    code, status = "DeleteConflict.User.LoginProfile", 409
    message = "The user {0} cannot be deleted while it has a login profile."


class UserInGroup(AdmitError):
    """The user is in groups: (user)."""

    code, status = "DeleteConflict.User.Group", 409
    message = "The user {0} cannot be deleted while it is in a group."


class UserHasPolicy(AdmitError):
    """Policies are attached to the user: (user)."""

    code, status = "DeleteConflict.User.Policy", 409
    message = "The user {0} cannot be deleted while policies are attached to it."


class GroupHasUser(AdmitError):
    """Users are in the group: (group)."""

    code, status = "DeleteConflict.Group.User", 409
    message = "The group {0} cannot be deleted while users are in it."


class GroupHasPolicy(AdmitError):
    """Policies are attached to the group: (group)."""

    code, status = "DeleteConflict.Group.Policy", 409
    message = "The group {0} cannot be deleted while policies are attached to it."


class RoleHasPolicy(AdmitError):
    """A policy is attached to a role, and one of the two is to be deleted: (its name)."""

    code, status = "DeleteConflict.Role.Policy", 409
    message = "{0} cannot be deleted: a policy is attached to a role, and it is one of the two."


class PolicyAtUser(AdmitError):
    """The policy is attached to users: (policy)."""

    code, status = "DeleteConflict.Policy.User", 409
    message = "The policy {0} cannot be deleted while it is attached to a user."


class PolicyAtGroup(AdmitError):
    """The policy is attached to groups: (policy)."""

    code, status = "DeleteConflict.Policy.Group", 409
    message = "The policy {0} cannot be deleted while it is attached to a group."


class PolicyHasVersion(AdmitError):
    """The policy has versions besides the default one: (policy)."""

    code, status = "DeleteConflict.Policy.Version", 409
    message = "The policy {0} cannot be deleted while it has versions besides the default one."


class VersionIsDefault(AdmitError):
    """The version is the default one: (version)."""

    code, status = "DeleteConflict.Policy.Version.Default", 409
    message = "The version {0} cannot be deleted: it is the default version of the policy."


# -- no more of them -------------------------------------------------------------------------------


class TooManyUsers(AdmitError):
    """The account has as many users as it may: (how many)."""

    code, status = "LimitExceeded.User", 409
    message = "The account may have {0} users at most."


class TooManyAccessKeys(AdmitError):
    """The owner has as many access keys as it may: (how many)."""

    code, status = "LimitExceeded.User.AccessKey", 409
    message = "A user may have {0} access keys at most."


class TooManyGroups(AdmitError):
    """The account has as many groups as it may: (how many)."""

    code, status = "LimitExceeded.Group", 409
    message = "The account may have {0} groups at most."


class TooManyGroupsOfUser(AdmitError):
    """The user is in as many groups as it may be: (how many)."""

    code, status = "LimitExceeded.User.Group", 409
    message = "A user may be in {0} groups at most."


class TooManyRoles(AdmitError):
    """The account has as many roles as it may: (how many)."""

    code, status = "LimitExceeded.Role", 409
    message = "The account may have {0} roles at most."


class TooManyPolicies(AdmitError):
    """The account has as many custom policies as it may: (how many)."""

    code, status = "LimitExceeded.Policy", 409
    message = "The account may have {0} custom policies at most."


class TooManyVersions(AdmitError):
    """The policy has as many versions as it may: (how many)."""

    code, status = "LimitExceeded.Policy.Version", 409
    message = "A policy may have {0} versions at most."


class TooManyPoliciesOfUser(AdmitError):
    """As many policies of the type are attached to the user as may be: (how many, type)."""

    code, status = "LimitExceeded.User.Policy", 409
    message = "A user may have {0} {1} policies at most."


class TooManyPoliciesOfGroup(AdmitError):
    """As many policies of the type are attached to the group as may be: (how many, type)."""

    code, status = "LimitExceeded.Group.Policy", 409
    message = "A group may have {0} {1} policies at most."


class TooManyPoliciesOfRole(AdmitError):
    """As many policies of the type are attached to the role as may be: (how many, type)."""

    code, status = "LimitExceeded.Role.Policy", 409
    message = "A role may have {0} {1} policies at most."


class LoginProfileExists(AdmitError):
    """The user has a password already: (user)."""

    code, status = "EntityAlreadyExists.User.LoginProfile", 409
    message = "The user {0} has a login profile already."


class WeakPassword(AdmitError):
    """A password will not do: (why)."""

    code, status = "InvalidParameter.Password.TooWeak", 400
    message = "The password is too weak: {0}"
