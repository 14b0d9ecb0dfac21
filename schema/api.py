"""The schema: `from schema.api import schema`. `schema.operation` bounds, validates and runs what is asked of it."""

from __future__ import annotations

from typing import Final

import strawberry
from graphql import OperationType
from strawberry.schema.config import StrawberryConfig

from schema.access_tokens import AccessToken
from schema.mutation import Mutation
from schema.nodes import Board, BoardSection, Comment, Pin, Topic, User
from schema.notifications import Notification, PushEndpoint
from schema.query import Query
from schema.subscription import Subscription
from schema.values import SCALARS

schema: Final = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[AccessToken, Board, BoardSection, Comment, Notification, Pin, PushEndpoint, Topic, User],
    config=StrawberryConfig(scalar_map=SCALARS),
)


def root_fields() -> set[str]:
    """The names of all fields of Query, Mutation and Subscription."""
    types = [schema._schema.get_root_type(kind) for kind in OperationType]  # noqa: SLF001 - it has no public name.
    return {name for type_ in types if type_ for name in type_.fields}


def printed() -> str:
    """The schema in the GraphQL schema language, as `schema/schema.graphql` holds it."""
    return f"{schema.as_str()}\n"
