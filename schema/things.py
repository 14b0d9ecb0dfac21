"""Whatever has an id of its own, as its type."""

from __future__ import annotations

from domain import access, notices
from resolvers import nodes
from schema import access_tokens, notifications
from schema.nodes import Node
from schema.nodes import node_of as shared_node_of


def node_of(thing: nodes.Thing | None) -> Node | None:
    """The thing as its type: those that refer to one another, and those that are the viewer's alone."""
    match thing:
        case notices.Notification():
            return notifications.Notification.of(thing)
        case notices.PushEndpoint():
            return notifications.PushEndpoint.of(thing)
        case access.PersonalToken():
            return access_tokens.AccessToken.of(thing)
        case _:
            return shared_node_of(thing)
