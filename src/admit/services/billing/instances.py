"""What was bought: nothing."""

from typing import Annotated

from admit.rpc.operation import Call
from admit.rpc.shape import Shape, like
from admit.services.billing.vocabulary import PageNum, PageSize, ProductCode, billing


class BoughtInstance(Shape):
    """Something that was bought."""

    product_code: ProductCode
    status: Annotated[str, like("Normal", "Whether it is in use.")]


class InstancePage(Shape):
    """A page of what was bought."""

    total_count: Annotated[int, like(0, "How many there are: 0.")]
    page_num: PageNum
    page_size: PageSize
    instance_list: tuple[BoughtInstance, ...]
    """Always empty: nothing is bought here."""


@billing.operation("get", authorized=False)
class QueryAvailableInstances(Shape):
    """Lists what the account has bought: nothing.

    Ours: Terraform asks this at each start to learn which site the account belongs to, and any
    answer without an error leaves it with the settings it was given.
    """

    product_code: ProductCode | None = None
    """Accepted: there is nothing of any product."""
    page_num: PageNum = 1
    page_size: PageSize = 20

    class Response(Shape):
        # Clients take a code at the top of an answer for an error unless it is this one.
        code: Annotated[str, like("Success", "Success, always.")]
        success: bool
        message: Annotated[str, like("Successful!", "A word for people.")]
        data: InstancePage
        """The page."""

    def handle(self, call: Call) -> Response:  # noqa: ARG002 - every operation is called alike
        nothing = InstancePage(
            total_count=0, page_num=self.page_num, page_size=self.page_size, instance_list=()
        )
        return self.Response(code="Success", success=True, message="Successful!", data=nothing)
