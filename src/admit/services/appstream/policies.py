"""The settings of a delivery group that are policies: network, runtime, security, storage, display, nodes."""

from typing import Annotated, Any, Literal

import msgspec

from admit.rpc.shape import Shape, at_most, between, like

Count = Annotated[int, between(0, 100_000)]
"""A number of things, minutes or pixels, where the vendor names no limit."""
Kept = dict[str, Any]
"""A policy as it is kept: what was said, under the wire's names."""


def kept(policy: Shape | None) -> Kept:
    """What a policy says."""
    # As it will be read again, so that what was kept and what is said can be compared.
    return {} if policy is None else msgspec.json.decode(msgspec.json.encode(policy), type=Kept)


class DomainRule(Shape):
    """Whether a domain may be reached."""

    domain: str | None = None
    policy: Literal["allow", "block"] | None = None


class Route(Shape):
    """A way out for a destination."""

    destination: str | None = None
    mode: str | None = None


class Network(Shape):
    """Where sessions are in the network, and what they reach."""

    domain_rules: Annotated[tuple[DomainRule, ...], at_most(300)] | None = None
    ip_expire_minutes: Annotated[int, between(60, 100_000)] | None = None
    office_site_id: str | None = None
    routes: Annotated[tuple[Route, ...], at_most(300)] | None = None
    strategy_type: Literal["Mixed", "Shared"] | None = None
    v_switch_ids: Annotated[tuple[str, ...], at_most(100)] | None = None


class NetworkChange(Shape):
    """What of a network policy can be changed."""

    domain_rules: Annotated[tuple[DomainRule, ...], at_most(300)] | None = None


class TimerPeriod(Shape):
    """How many nodes there are in a part of the day."""

    amount: Count | None = None
    end_time: str | None = None
    start_time: str | None = None


class RecurrenceSchedule(Shape):
    """On which days a schedule of nodes holds."""

    recurrence_type: str | None = None
    recurrence_values: Annotated[tuple[Annotated[int, between(1, 31)], ...], at_most(7)] | None = None
    timer_periods: Annotated[tuple[TimerPeriod, ...], at_most(5)] | None = None


class NodePool(Shape):
    """The nodes that sessions run on. They are kept and told; nothing is bought."""

    max_idle_app_instance_amount: Count | None = None
    max_scaling_amount: Count | None = None
    node_amount: Annotated[int, between(1, 100)] | None = None
    node_capacity: Count | None = None
    node_instance_type: str | None = None
    recurrence_schedules: Annotated[tuple[RecurrenceSchedule, ...], at_most(7)] | None = None
    scaling_down_after_idle_minutes: Annotated[int, between(5, 120)] | None = None
    scaling_step: Annotated[int, between(1, 10)] | None = None
    scaling_usage_threshold: str | None = None
    strategy_disable_date: str | None = None
    strategy_enable_date: str | None = None
    strategy_type: Literal["NODE_FIXED", "NODE_SCALING_BY_SCHEDULE", "NODE_SCALING_BY_USAGE"] | None = None
    warm_up: bool | None = None


class NodePoolChange(Shape):
    """What of the nodes can be changed."""

    node_capacity: Count | None = None
    node_pool_id: str | None = None


class RuntimePolicy(Shape):
    """How sessions run.

    Ours: with PerSessionPerApp each application takes a place of its own of NodeAmount times NodeCapacity;
    without it all that a user has open there takes one.
    Ours: unless SessionPreOpen is false, a session is made ready as soon as a connection ticket is given out
    for it, and the one of PreOpenAppId when a user who may open it comes to `/home`.
    """

    debug_mode: Literal["OFF", "ON"] | None = None
    per_session_per_app: bool | None = None
    persistent_app_instance_schedule_mode: Literal["DYNAMIC", "FIX_NODE"] | None = None
    session_pre_open: Literal["true", "false"] | None = None
    session_type: Literal["CONSOLE", "NORMAL"] | None = None
    session_user_generation_mode: Literal["wyid"] | None = None


class SecurityPolicy(Shape):
    """Who gets in, and what remains."""

    reset_after_unbind: bool | None = None
    """Whether a session is wiped after it was used."""
    skip_user_auth_check: bool | None = None
    """Whether every user may connect, whoever is authorized."""


class UserProfile(Shape):
    """Where the files of users go."""

    remote_storage_path: str | None = None
    remote_storage_type: Literal["NAS"] | None = None
    user_profile_switch: bool | None = None


class StoragePolicy(Shape):
    """What is stored of users."""

    storage_type_list: Annotated[tuple[str, ...], at_most(10)] | None = None
    user_profile: UserProfile | None = None


class ProfileStore(Shape):
    """The file system that the files of users go to."""

    file_system_id: str | None = None
    user_profile_switch: bool | None = None


class ProfileFollow(Shape):
    """The file system that the files of users follow them from."""

    file_system_id: str | None = None
    profile_follow_switch: bool | None = None


class StorageChange(Shape):
    """What of a storage policy can be changed."""

    storage_type_list: Annotated[tuple[str, ...], at_most(10)] | None = None
    user_profile: ProfileStore | None = None
    user_profile_follow: ProfileFollow | None = None


class VideoPolicy(Shape):
    """How sessions look."""

    frame_rate: Count | None = None
    """30 or 60."""
    session_resolution_height: Count | None = None
    session_resolution_width: Count | None = None
    streaming_mode: Literal["video", "mix"] | None = None
    terminal_resolution_adaptive: bool | None = None
    webrtc: bool | None = None


class UserDefinedPolicy(Shape):
    """A policy the image knows how to read.

    Ours: of a JSON object these names are rules of streamed sessions. Clipboard: readwrite (as without it),
    read (out of the application), write (into it), off. FileTransfer: off (as without it), all, download,
    upload. NoOperationMinutes: when an unused session ends. MaxMinutes: how long a session may last.
    """

    custom_config: (
        Annotated[
            str,
            like(
                '{"Clipboard": "write", "FileTransfer": "upload"}', "JSON, kept as it is.", max_length=10_000
            ),
        ]
        | None
    ) = None
