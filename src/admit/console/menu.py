"""The menu of the console."""

from admit.console.shelves import BY_SLUG

_SHELVES = (
    "people",
    "groups",
    "units",
    "hosts",
    "delivery-groups",
    "applications",
    "rules",
    "control-policies",
)

MENU = (
    (
        "Access",
        (
            ("/console", "Overview", "layout-dashboard"),
            ("/console/grants", "Grants", "key"),
            ("/console/reach", "Who can reach what", "topology-star-3"),
            ("/console/requests", "Requests", "inbox"),
            ("/console/break-glass", "Break-glass", "flame"),
            ("/console/reviews", "Reviews", "clipboard-check"),
        ),
    ),
    ("Resources", tuple((BY_SLUG[slug].place, BY_SLUG[slug].title, BY_SLUG[slug].icon) for slug in _SHELVES)),
    (
        "Operations",
        (
            ("/console/sessions", "Live sessions", "activity"),
            ("/console/recordings", "Recordings", "video"),
            ("/console/activity", "Activity", "list-details"),
            ("/console/ledger", "Ledger", "clipboard-list"),
        ),
    ),
    (
        "Administration",
        (
            ("/console/import", "Import", "file-import"),
            ("/console/ram", "Callers and policies", "id-badge-2"),
            ("/console/health", "Health", "activity-heartbeat"),
            ("/explorer", "API explorer", "code"),
        ),
    ),
)
"""Sections, each with its pages: where, what they are called, their sign."""
