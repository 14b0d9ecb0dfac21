"""What can be asked: the queries of all areas as one type."""

from __future__ import annotations

import strawberry

from schema.queries.access_tokens import AccessTokenQueries
from schema.queries.feeds import FeedQueries
from schema.queries.notifications import NotificationQueries
from schema.queries.search import SearchQueries
from schema.queries.things import ThingQueries
from schema.queries.trash import TrashQueries


@strawberry.type(description="What can be asked. What the viewer may not see is not there for them.")
class Query(ThingQueries, FeedQueries, SearchQueries, TrashQueries, NotificationQueries, AccessTokenQueries):
    pass
