"""The vendor's packages for each service, by the product's name; our own service has none."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Packages:
    """What a service is called where packages are looked for."""

    python: str
    node: str


PACKAGES = {
    "appstream-center": Packages(
        "alibabacloud_appstream_center20210901", "@alicloud/appstream-center20210901"
    ),
    "eds-user": Packages("alibabacloud_eds_user20210308", "@alicloud/eds-user20210308"),
    "yundun-bastionhost": Packages(
        "alibabacloud_yundun_bastionhost20191209", "@alicloud/yundun-bastionhost20191209"
    ),
    "eiam": Packages("alibabacloud_eiam20211201", "@alicloud/eiam20211201"),
    "ram": Packages("alibabacloud_ram20150501", "@alicloud/ram20150501"),
    "sts": Packages("alibabacloud_sts20150401", "@alicloud/sts20150401"),
}
