"""PANELS: the views of the dashboard, in the order in which they are shown.

Job: say of each view its path, its name, its key, and what is counted beside its name.
Must not: hold code beyond the table. What a view shows, `dashboard/panels/NAME.js` decides.
"""

from typing import Final, NamedTuple


class Panel(NamedTuple):
    """One view.

    Attributes:
        name: of its module.
        path: where a browser finds it.
        title: what a person calls it.
        key: pressed after `G`, it leads there.
        counts: the kind of record whose number stands beside the title; "" for none.
    """

    name: str
    path: str
    title: str
    key: str
    counts: str = ""


PANELS: Final = (
    Panel("overview", "/", "Overview", "o"),
    Panel("ratings", "/ratings", "Ratings", "r", "rating"),
    Panel("models", "/models", "Models", "m", "comparison"),
    Panel("versions", "/versions", "Versions", "v"),
    Panel("errors", "/errors", "Errors", "e", "error_report"),
    Panel("requests", "/requests", "Requests", "q"),
    Panel("sharing", "/sharing", "Sharing", "s"),
    Panel("records", "/records", "Records", "c"),
    Panel("apps", "/apps", "Apps", "a"),
    Panel("machine", "/machine", "Machine", "h"),
)
