"""The products that commands call: what a client must know of each, without loading what carries it out."""

from typing import NamedTuple


class Product(NamedTuple):
    """A product whose operations have not been loaded."""

    version: str
    place: str
    """Where its service is declared: the module and the name in it."""


PRODUCTS = {
    "admit": Product("2026-11-01", "admit.services.access:access"),
    "appstream-center": Product("2021-09-01", "admit.services.appstream:appstream"),
    "eds-user": Product("2021-03-08", "admit.services.edsuser:edsuser"),
    "yundun-bastionhost": Product("2019-12-09", "admit.services.bastionhost:bastionhost"),
    "eiam": Product("2021-12-01", "admit.services.eiam:eiam"),
    "ram": Product("2015-05-01", "admit.services.ram:ram"),
    "sts": Product("2015-04-01", "admit.services.sts:sts"),
    "location": Product("2015-06-12", "admit.services.location:location"),
    "bssopenapi": Product("2017-12-14", "admit.services.billing:billing"),
}
"""Every service of the wire, by its product."""
