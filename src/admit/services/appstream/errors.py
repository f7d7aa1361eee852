"""The errors of App Streaming. Nearly all are 400, also where something does not exist."""

from admit.core.errors import AdmitError


class DeliveryGroupNotFound(AdmitError):
    """No such delivery group, or one of another product type: (id)."""

    code, status = "InvalidAppInstanceGroup.NotFound", 400
    message = "The AppInstanceGroupId {0} is not found."


class SpecItemNotFound(AdmitError):
    """The same, in the operations that say it so: (id)."""

    code, status = "InvalidAppInstanceGroupSpecItem.NotFound", 400
    message = "The delivery group {0} is not found."


class BrowserGroupNotFound(AdmitError):
    """The same, for cloud browsers: (id)."""

    code, status = "InvalidBrowserInstanceGroup.NotFound", 400
    message = "The cloud browser group {0} is not found."


class DeliveryGroupSetNotFound(AdmitError):
    """No such set of delivery groups: (id)."""

    code, status = "InvalidAppInstanceGroupSet.NotFound", 400
    message = "The AppInstanceGroupSetId {0} is not found."


class ProductTypeInvalid(AdmitError):
    """No product type: (value)."""

    code, status = "ProductTypeInvalid", 400
    message = "The parameter ProductType is invalid."


class UserIdMissing(AdmitError):
    """No user is named where one must be."""

    code, status = "InvalidParameter.UserId", 400
    message = "The parameter EndUserId is mandatory."


class UserNotFound(AdmitError):
    """No such convenience user: (name)."""

    code, status = "User.NotFound", 400
    message = "The user {0} is not found."


class ImageNotFound(AdmitError):
    """No such image, or one for another product type: (id)."""

    code, status = "Image.NotExist", 400
    message = "The image {0} does not exist."


class PrepaidNotDeletable(AdmitError):
    """A subscription that is not over: (id)."""

    code, status = "InvalidAppInstanceGroup.ChargeTypeNotSupport", 400
    message = "The delivery group {0} is a subscription that is not over. Only others can be deleted."


class BusinessTypeInvalid(AdmitError):
    """No business type: (value)."""

    code, status = "InvalidBizType", 400
    message = "The business type {0} is invalid."


class NoCandidateDeliveryGroup(AdmitError):
    """Nothing that fits the request may be used by the user; which of the two it is is not told."""

    code, status = "TryBind.NoCandidateAppInstanceGroup", 400
    message = "The user has no delivery group that can be connected to for this request."


class NoCandidateInstance(AdmitError):
    """No such running instance: (id)."""

    code, status = "TryRegionBind.NoCandidateAppInstance", 400
    message = "The application instance {0} is not available."


class NoBindContext(AdmitError):
    """A TaskId that was not given out here, or is too old, or was for something else."""

    code, status = "TryBind.NoBindContext", 400
    message = "The specified TaskId is not known. Call the operation again without it."


class NoIdleInstance(AdmitError):
    """All places of a delivery group are taken: (id)."""

    code, status = "TryRegionBind.NoIdleAppInstance", 400
    message = "The delivery group {0} has no free session."


class UnbindFailed(AdmitError):
    """There is no such session to end."""

    code, status = "RegionUnBind.Fail", 400
    message = "The user is not bound to the specified instance."


class AppNotFound(AdmitError):
    """No such application in the delivery group: (id)."""

    code, status = "InvalidAppId.NotFound", 400
    message = "The application {0} is not found in the delivery group."


class MixNotSupported(AdmitError):
    """Users are not authorized to single applications there: (id)."""

    code, status = "AuthAppInstanceGroup.MixNotSupported", 400
    message = "Single applications of the delivery group {0} cannot be authorized."
