"""The rows of `GET /v1/insights/requests`.

Job: say what triage tells of a request.
Must not: compute anything: the daemon describes its routes with these.
"""

from msgspec import Struct


class Parts(Struct, frozen=True):
    """What a priority is made of.

    Attributes:
        votes: of the request, each halved for every eight weeks of its age.
        all_votes: of all requests that are not done or declined.
        share: votes of all_votes.
        share_low: lower bound of that share, at 90 %.
        severity: .5, .75 or 1.
        effort: 1, 1.5 or 3; 1.5 until a person says.
    """

    votes: float
    all_votes: float
    share: float
    share_low: float
    severity: float
    effort: float


class Suggestion(Struct, frozen=True):
    """Another request that may be the same one; the higher the score, the likelier."""

    request_id: str
    score: float
    why: str


class RequestRow(Struct, frozen=True, kw_only=True):
    """What people want, once, however many of them said it.

    Attributes:
        request_id: the feedback id of its main wish.
        summary: how the main wish opens.
        category: of the closed list; a guess where `unsure`.
        confidence: 0..1, how sure the category is; 1 where a person said it.
        unsure: whether the words say too little for a category.
        n: wishes.
        votes: one for each wish; a merge moves them.
        priority: 0..100; 0 for what is done or declined.
        parts: what the priority is made of.
        state: `new`, `planned`, `in_progress`, `done` or `declined`.
        members: feedback ids, the main wish first.
        openings: how each of them opens, in the same order; at most 20.
        first_week, last_week: ISO weeks of the first and the last wish.
        suggested_duplicates: other requests that may be the same, the likeliest first.
    """

    request_id: str
    summary: str
    category: str
    confidence: float
    unsure: bool
    n: int
    votes: int
    priority: float
    parts: Parts
    state: str
    members: list[str]
    openings: list[str]
    first_week: str
    last_week: str
    suggested_duplicates: list[Suggestion]


class RequestInsight(Struct, frozen=True):
    """Answer of `/v1/insights/requests`, the most pressing first.

    Attributes:
        rows: the first of the requests, as many as `limit` allows.
        requests: all requests, shown or not.
        n: all wishes in them.
        next: what to pass as `after` to go on; the order may have moved meanwhile.
    """

    rows: list[RequestRow]
    requests: int
    n: int
    next: str | None
