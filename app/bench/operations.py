"""The GraphQL operations of the benchmarks, each as one function."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from app.bench.client import Client

SIGN_UP = """mutation ($input: SignUpInput!) {
  signUp(input: $input) { accessToken viewer { id } userErrors { code message } }
}"""
CREATE_BOARD = """mutation ($input: CreateBoardInput!) {
  createBoard(input: $input) { board { id } userErrors { code message } }
}"""
FOLLOW = """mutation ($input: FollowUserInput!) { followUser(input: $input) { userErrors { code message } } }"""
PREPARE = """mutation ($input: PrepareUploadInput!) {
  prepareUpload(input: $input) { upload { id url headers { name value } } userErrors { code message } }
}"""
CREATE_PIN = """mutation ($input: CreatePinInput!) {
  createPin(input: $input) { pin { id } userErrors { code message } }
}"""
SAVE = """mutation ($input: SavePinInput!) { savePin(input: $input) { userErrors { code message } } }"""
UNSAVE = """mutation ($input: UnsavePinInput!) { unsavePin(input: $input) { userErrors { code message } } }"""
STATUS = """query ($id: ID!) { node(id: $id) { ... on Pin { status } } }"""
SIMILAR = """query ($id: ID!) { node(id: $id) { ... on Pin { similar(first: 100) { nodes { id } } } } }"""
RELATED = """query ($id: ID!, $after: String) {
  node(id: $id) { ... on Pin { related(first: 100, after: $after) {
    edges { node { id } reasons { source } } pageInfo { hasNextPage endCursor }
  } } }
}"""
WALKED_PAGES_MAX = 4
SEARCH = """query ($query: String!) { searchPins(query: $query, first: 10) { nodes { id } } }"""


@dataclass(frozen=True, slots=True)
class Account:
    """An account made for the benchmark, signed in."""

    id: str
    token: str


async def account(client: Client) -> Account:
    """A new account."""
    name = f"bench_{secrets.token_hex(6)}"
    fields = {"username": name, "email": f"{name}@bench.invalid", "password": secrets.token_urlsafe(12)}
    made = (await client.ask(SIGN_UP, input=fields))["signUp"]
    return Account(made["viewer"]["id"], made["accessToken"])


async def board(client: Client, by: Account, title: str) -> str:
    """The id of a new public board."""
    made = await client.ask(CREATE_BOARD, by.token, input={"title": title})
    return str(made["createBoard"]["board"]["id"])


async def follow(client: Client, by: Account, whom: Account) -> None:
    """`by` follows `whom` from now on."""
    await client.ask(FOLLOW, by.token, input={"userId": whom.id})


async def make_pin(client: Client, by: Account, board_id: str, picture: bytes, title: str) -> str:
    """The id of a new Pin: upload prepared, put, and made into a Pin."""
    asked = {"contentType": "image/jpeg", "bytes": len(picture)}
    upload = (await client.ask(PREPARE, by.token, input=asked))["prepareUpload"]["upload"]
    await client.put(upload["url"], picture, {header["name"]: header["value"] for header in upload["headers"]})
    fields = {"boardId": board_id, "image": {"uploadId": upload["id"]}, "title": title}
    made = await client.ask(CREATE_PIN, by.token, input=fields)
    return str(made["createPin"]["pin"]["id"])


async def save(client: Client, by: Account, pin_id: str, board_id: str) -> None:
    """The Pin is on the board from now on."""
    await client.ask(SAVE, by.token, input={"pinId": pin_id, "boardId": board_id})


async def unsave(client: Client, by: Account, pin_id: str, board_id: str) -> None:
    """The Pin is on the board no more."""
    await client.ask(UNSAVE, by.token, input={"pinId": pin_id, "boardId": board_id})


async def ready(client: Client, by: Account, pin_id: str) -> bool:
    """Whether the Pin is READY."""
    return bool((await client.ask(STATUS, by.token, id=pin_id))["node"]["status"] == "READY")


async def similar(client: Client, by: Account, of: str, pin_id: str) -> bool:
    """Whether the Pin is among those that look like `of`."""
    found = (await client.ask(SIMILAR, by.token, id=of))["node"]["similar"]["nodes"]
    return any(node["id"] == pin_id for node in found)


async def said(client: Client, by: Account, query: str, pin_id: str) -> bool:
    """Whether a search for these words finds the Pin."""
    found = (await client.ask(SEARCH, by.token, query=query))["searchPins"]["nodes"]
    return any(node["id"] == pin_id for node in found)


async def walked(client: Client, by: Account, of: str, pin_id: str) -> bool:
    """Whether a walk from `of` reaches the Pin."""
    after: str | None = None
    for _ in range(WALKED_PAGES_MAX):  # What looks like its neighbours is spaced, and may come on a later page.
        page = (await client.ask(RELATED, by.token, id=of, after=after))["node"]["related"]
        for edge in page["edges"]:
            if edge["node"]["id"] == pin_id and any(reason["source"] == "WALK" for reason in edge["reasons"]):
                return True
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    return False
