"""The tools that Pinwalk offers to language models: each a GraphQL document that stands ready, and who may call it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from domain.limits import BOARD_TITLE_CHARS_MAX, DESCRIPTION_CHARS_MAX, NOTE_CHARS_MAX, SEARCH_CHARS_MAX

ITEMS_MAX: Final = 50
ITEMS_DEFAULT: Final = 10

Schema = dict[str, Any]
Shape = Callable[[dict[str, Any]], dict[str, Any]]


class Policy(Enum):
    """Who may call a tool. What they then see and change is what they may see and change by GraphQL."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    WRITER = "signed in, where writing is allowed"


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool: its document, whose variables are its arguments, and `shape`, what is told of the document's data."""

    name: str
    title: str
    description: str
    policy: Policy
    document: str
    shape: Shape
    arguments: Mapping[str, Schema]
    required: tuple[str, ...] = ()
    repeatable: bool = True
    """Whether calling it twice does what calling it once does."""
    destructive: bool = False

    @property
    def writes(self) -> bool:
        """Whether it changes something."""
        return self.policy is Policy.WRITER

    def input_schema(self) -> Schema:
        """The JSON schema of its arguments."""
        return {
            "type": "object",
            "properties": dict(self.arguments),
            "required": list(self.required),
            "additionalProperties": False,
        }


_PIN: Final = """
fragment pin on Pin { id title description altText link createdAt saveCount creator { username displayName }
  image { dominantColor url(width: 564) } }
"""
_FEED: Final = (
    _PIN
    + """
fragment feed on FeedConnection { edges { weak score node { ...pin } reasons { source text } }
  pageInfo { hasNextPage endCursor } degraded }
"""
)
_BOARD: Final = """
fragment board on Board { id title description privacy pinCount followerCount owner { username displayName } }
"""
_ERRORS: Final = "userErrors { code message field }"

_FIRST: Final[Schema] = {
    "type": "integer",
    "minimum": 1,
    "maximum": ITEMS_MAX,
    "default": ITEMS_DEFAULT,
    "description": f"How many, 1..{ITEMS_MAX}.",
}
_AFTER: Final[Schema] = {"type": "string", "description": "Where to go on: `end_cursor` of the page before."}
_PIN_ID: Final[Schema] = {"type": "string", "description": "The id of a Pin, as `pin_01J…`."}
_BOARD_ID: Final[Schema] = {"type": "string", "description": "The id of a board, as `board_01J…`."}
_PAGE: Final = {"first": _FIRST, "after": _AFTER}


def _text(description: str, most: int) -> Schema:
    return {"type": "string", "maxLength": most, "description": f"{description}, at most {most} characters."}


def _pin(pin: dict[str, Any] | None) -> dict[str, Any] | None:
    if pin is None:
        return None
    creator, image = pin.get("creator") or {}, pin["image"]
    return {
        "id": pin["id"],
        "title": pin["title"],
        "description": pin["description"],
        "alt_text": pin["altText"],
        "link": pin["link"],
        "creator": creator.get("username"),
        "saves": pin["saveCount"],
        "created_at": pin["createdAt"],
        "picture": image["url"],
        "color": image["dominantColor"],
    }


def _feed(feed: dict[str, Any] | None) -> dict[str, Any]:
    if feed is None:
        return {"pins": [], "end_cursor": None}
    pins = [
        {**(_pin(edge["node"]) or {}), "weak": edge["weak"], "because": [reason["text"] for reason in edge["reasons"]]}
        for edge in feed["edges"]
    ]
    return {"pins": pins, "end_cursor": _end(feed), "sources_missing": feed["degraded"]}


def _end(page: dict[str, Any]) -> str | None:
    """Where the next page goes on; None after the last."""
    info: dict[str, Any] = page["pageInfo"]
    return info["endCursor"] if info["hasNextPage"] else None


def _of(*path: str) -> Shape:
    """The feed at this path of the data; an empty one where something on the way is not there."""

    def shape(data: dict[str, Any]) -> dict[str, Any]:
        found: Any = data
        for name in path:
            found = found.get(name) if found else None
        return _feed(found)

    return shape


def _board(board: dict[str, Any] | None) -> dict[str, Any] | None:
    if board is None:
        return None
    owner = board.get("owner") or {}
    return {
        "id": board["id"],
        "title": board["title"],
        "description": board["description"],
        "privacy": board["privacy"],
        "owner": owner.get("username"),
        "pins": board["pinCount"],
        "followers": board["followerCount"],
    }


def _whole_board(data: dict[str, Any]) -> dict[str, Any]:
    board = data["node"] or {}
    page = board.get("pins")
    if page is None:
        return {"board": None, "pins": []}
    return {"board": _board(board), "pins": [_pin(pin) for pin in page["nodes"]], "end_cursor": _end(page)}


def _boards(data: dict[str, Any]) -> dict[str, Any]:
    user = data["user"] if "user" in data else data["viewer"]
    if user is None:
        return {"boards": [], "end_cursor": None}
    page = user["boards"]
    return {"boards": [_board(board) for board in page["nodes"]], "end_cursor": _end(page)}


def _one_pin(data: dict[str, Any]) -> dict[str, Any]:
    pin = data["node"] or {}
    if "image" not in pin:
        return {"pin": None, "boards": []}
    return {"pin": _pin(pin), "boards": [_board(board) for board in pin["boards"]["nodes"]]}


def _topics(data: dict[str, Any]) -> dict[str, Any]:
    return {"topics": [{**topic, "pins": topic.pop("pinCount")} for topic in data["topics"]["nodes"]]}


def _stats(data: dict[str, Any]) -> dict[str, Any]:
    feed = data["homeFeed"]
    edges = feed["edges"]
    best = Counter(edge["reasons"][0]["source"] for edge in edges if edge["reasons"])
    creators = Counter((edge["node"]["creator"] or {}).get("username") for edge in edges)
    return {
        "pins": len(edges),
        "by_best_reason": dict(best.most_common()),
        "creators": len(creators),
        "most_by_one_creator": max(creators.values(), default=0),
        "sources_missing": feed["degraded"],
    }


def _saved(data: dict[str, Any]) -> dict[str, Any]:
    done = data["savePin"]
    return {"pin": _pin(done["pin"]), "board": _board(done["board"]), "errors": done["userErrors"]}


def _unsaved(data: dict[str, Any]) -> dict[str, Any]:
    done = data["unsavePin"]
    return {"pin": _pin(done["pin"]), "errors": done["userErrors"]}


def _created(data: dict[str, Any]) -> dict[str, Any]:
    done = data["createBoard"]
    return {"board": _board(done["board"]), "errors": done["userErrors"]}


TOOLS: Final[tuple[Tool, ...]] = (
    Tool(
        "search_pins",
        "Search Pins",
        "Pins whose words match the query, or mean the like. Weak matches come last and say so.",
        Policy.ANYONE,
        "query SearchPins($query: String!, $first: Int! = 10, $after: String) { searchPins(query: $query, "
        "first: $first, after: $after) { ...feed } }" + _FEED,
        _of("searchPins"),
        {"query": _text("What to look for", SEARCH_CHARS_MAX), **_PAGE},
        ("query",),
    ),
    Tool(
        "similar_pins",
        "Similar Pins",
        "Pins whose pictures look like that of a Pin.",
        Policy.ANYONE,
        "query SimilarPins($pin_id: ID!, $first: Int! = 10, $after: String) { node(id: $pin_id) { ... on Pin { "
        "similar(first: $first, after: $after) { ...feed } } } }" + _FEED,
        _of("node", "similar"),
        {"pin_id": _PIN_ID, **_PAGE},
        ("pin_id",),
    ),
    Tool(
        "related_pins",
        "Related Pins",
        "Pins that go with a Pin: saved together with it, and alike in look or words.",
        Policy.ANYONE,
        "query RelatedPins($pin_id: ID!, $first: Int! = 10, $after: String) { node(id: $pin_id) { ... on Pin { "
        "related(first: $first, after: $after) { ...feed } } } }" + _FEED,
        _of("node", "related"),
        {"pin_id": _PIN_ID, **_PAGE},
        ("pin_id",),
    ),
    Tool(
        "pin",
        "A Pin",
        "A Pin with its words and picture, and boards that hold it.",
        Policy.ANYONE,
        "query OnePin($pin_id: ID!) { node(id: $pin_id) { ... on Pin { ...pin boards(first: 10) { nodes { ...board } } "
        "} } }" + _PIN + _BOARD,
        _one_pin,
        {"pin_id": _PIN_ID},
        ("pin_id",),
    ),
    Tool(
        "board",
        "A board",
        "A board and its Pins, most recently saved first.",
        Policy.ANYONE,
        "query OneBoard($board_id: ID!, $first: Int! = 10, $after: String) { node(id: $board_id) { ... on Board { "
        "...board pins(first: $first, after: $after) { nodes { ...pin } pageInfo { hasNextPage endCursor } } } } }"
        + _PIN
        + _BOARD,
        _whole_board,
        {"board_id": _BOARD_ID, **_PAGE},
        ("board_id",),
    ),
    Tool(
        "boards_of_user",
        "Boards of a user",
        "The boards of the user of this name that the caller may see.",
        Policy.ANYONE,
        "query BoardsOfUser($username: String!, $first: Int! = 10, $after: String) { user(username: $username) { "
        "boards(first: $first, after: $after) { nodes { ...board } pageInfo { hasNextPage endCursor } } } }" + _BOARD,
        _boards,
        {"username": _text("The username", 30), **_PAGE},
        ("username",),
    ),
    Tool(
        "my_boards",
        "My boards",
        "The caller's own boards, secret ones among them: where save_pin can put something.",
        Policy.SIGNED_IN,
        "query MyBoards($first: Int! = 10, $after: String) { viewer { boards(first: $first, after: $after) { nodes { "
        "...board } pageInfo { hasNextPage endCursor } } } }" + _BOARD,
        _boards,
        dict(_PAGE),
    ),
    Tool(
        "home_feed",
        "Home feed",
        "What the caller may love next, each Pin with why; without an account, what is trending and fresh.",
        Policy.ANYONE,
        "query HomeFeed($first: Int! = 10, $after: String) { homeFeed(first: $first, after: $after) { ...feed } }"
        + _FEED,
        _of("homeFeed"),
        dict(_PAGE),
    ),
    Tool(
        "trending_pins",
        "Trending Pins",
        "What is saved much these days, of all or of one topic.",
        Policy.ANYONE,
        "query Trending($first: Int! = 10, $after: String, $topic_id: ID) { trendingPins(first: $first, after: $after, "
        "topicId: $topic_id) { ...feed } }" + _FEED,
        _of("trendingPins"),
        {"topic_id": {"type": "string", "description": "The id of a topic, from `topics`."}, **_PAGE},
    ),
    Tool(
        "topics",
        "Topics",
        "The topics that Pins are about.",
        Policy.ANYONE,
        "query Topics { topics(first: 100) { nodes { id name slug description pinCount } } }",
        _topics,
        {},
    ),
    Tool(
        "feed_stats",
        "Feed figures",
        "What the caller's home feed is made of: its first 100 Pins by the best reason for each, and their creators.",
        Policy.SIGNED_IN,
        "query FeedStats { homeFeed(first: 100) { edges { node { creator { username } } reasons { source } } "
        "degraded } }",
        _stats,
        {},
    ),
    Tool(
        "save_pin",
        "Save a Pin",
        "Puts a Pin on a board of the caller's. Twice is once.",
        Policy.WRITER,
        "mutation SavePin($pin_id: ID!, $board_id: ID!, $note: String) { savePin(input: {pinId: $pin_id, boardId: "
        "$board_id, note: $note}) { pin { ...pin } board { ...board } " + _ERRORS + " } }" + _PIN + _BOARD,
        _saved,
        {"pin_id": _PIN_ID, "board_id": _BOARD_ID, "note": _text("What to say on saving it", NOTE_CHARS_MAX)},
        ("pin_id", "board_id"),
    ),
    Tool(
        "unsave_pin",
        "Take a Pin off a board",
        "Takes a Pin off a board of the caller's. Twice is once.",
        Policy.WRITER,
        "mutation UnsavePin($pin_id: ID!, $board_id: ID!) { unsavePin(input: {pinId: $pin_id, boardId: $board_id}) { "
        "pin { ...pin } " + _ERRORS + " } }" + _PIN,
        _unsaved,
        {"pin_id": _PIN_ID, "board_id": _BOARD_ID},
        ("pin_id", "board_id"),
        destructive=True,
    ),
    Tool(
        "create_board",
        "Create a board",
        "Makes a board of the caller's, public unless it is asked to be secret.",
        Policy.WRITER,
        "mutation CreateBoard($title: String!, $description: String, $privacy: BoardPrivacy! = PUBLIC) { "
        "createBoard(input: {title: $title, description: $description, privacy: $privacy}) { board { ...board } "
        + _ERRORS
        + " } }"
        + _BOARD,
        _created,
        {
            "title": _text("Its title", BOARD_TITLE_CHARS_MAX),
            "description": _text("What belongs on it", DESCRIPTION_CHARS_MAX),
            "privacy": {"type": "string", "enum": ["PUBLIC", "SECRET"], "default": "PUBLIC"},
        },
        ("title",),
        repeatable=False,
    ),
)
"""All tools. Their documents stand under the same limits as those of clients."""
