"""What goes wrong, in SCIM's words (RFC 7644, section 3.12)."""

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


class Fault(Exception):
    """A request that is not carried out: the status, SCIM's word for why, and a sentence."""

    def __init__(self, status: int, detail: str, word: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.word = word

    def told(self) -> dict[str, object]:
        """The body of the answer."""
        word = {"scimType": self.word} if self.word else {}
        return {"schemas": [ERROR], "status": str(self.status), **word, "detail": self.detail}


def invalid_value(detail: str) -> Fault:
    """A value is missing, or none that can be taken."""
    return Fault(400, detail, "invalidValue")


def not_found(resource_id: str) -> Fault:
    """There is no such resource."""
    return Fault(404, f"Resource {resource_id} not found.")


def taken(what: str) -> Fault:
    """Another resource has it already."""
    return Fault(409, f"{what} is taken already.", "uniqueness")
