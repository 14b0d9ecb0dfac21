"""Whether a Neo4j server lets us in."""

from __future__ import annotations

from typing import Final

from domain.errors import Invalid
from graph.driver import exceptions, neo4j

CONNECT_TIMEOUT_S: Final = 1.0


def log_in(uri: str, user: str, password: str) -> bool:
    """Whether the server at `uri` answers a statement: False while it starts. Blocks for a second or so at most.

    Raises Invalid when it refuses the password: waiting longer would not help.
    """
    try:
        with neo4j.GraphDatabase.driver(
            uri, auth=(user, password), connection_timeout=CONNECT_TIMEOUT_S, max_transaction_retry_time=0
        ) as driver:
            driver.execute_query("RETURN 1")
    except exceptions.AuthError as failure:
        raise Invalid(
            f"The Neo4j server at {uri} refuses user {user!r}: give PINWALK_GRAPH_USER and PINWALK_GRAPH_PASSWORD"
        ) from failure
    except (exceptions.ServiceUnavailable, exceptions.SessionExpired, exceptions.Neo4jError, OSError):
        return False
    return True
