"""The schema over a real graph, media store and decoder; the feeds are what a test says they are."""

from __future__ import annotations

import io
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image

from app import settings, stores
from app.auth import PasswordAccounts
from discovery.candidate import FeedPage, ReasonRef, SlateEntry
from discovery.feeds import Shown
from discovery.proposals import Proposals
from discovery.suggestions import Suggestions
from domain.errors import ProductError
from domain.ids import SIGNED_OUT, BoardN, PinN, UserN
from domain.model import Source, Viewer
from domain.page import Cursors
from events.bus import Bus
from graph import boards, pin_writes, pins
from graph.client import Graph, count_statements
from graph.pictures import NewPicture
from graph.pin_writes import NewPin
from internet.client import Internet
from internet.signing import Hooks
from loaders.request import Loaders
from media.decode import Decoder
from media.exports import ExportUrls
from media.pictures import Pictures
from media.store import MediaStore
from media.upload import UploadUrls
from media.urls import PictureUrls
from resolvers.context import Context
from schema.api import schema
from schema.errors import formatted
from schema.limits import Limits
from schema.operation import Operations, Refused
from shared.buckets import Buckets

SECRET = b"a secret of these tests alone"
PASSWORD = "moss-and-fern-7"

SIGN_UP = """
mutation ($input: SignUpInput!) { signUp(input: $input) {
  viewer { id username displayName email } accessToken refreshToken expiresAt userErrors { code message field } } }
"""


@dataclass
class Reply:
    """What an operation answered, and how many statements it took."""

    data: Any
    errors: list[dict[str, Any]]
    statements: int

    @property
    def codes(self) -> list[str]:
        return [error["extensions"]["code"] for error in self.errors]

    def __getitem__(self, name: str) -> Any:
        assert not self.errors, self.errors
        return self.data[name]


@dataclass
class FeedsOfTests:
    """Answers every feed with `page`, whatever is asked; keeps what was asked."""

    page: FeedPage = field(default_factory=FeedPage)
    asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = field(default_factory=list)

    def shows(self, *entries: tuple[PinN, tuple[ReasonRef, ...]], degraded: tuple[Source, ...] = ()) -> None:
        made = [SlateEntry(n, 1.0 / (i + 1), refs, False, f"cursor-{n}") for i, (n, refs) in enumerate(entries)]
        self.page = FeedPage(tuple(made), has_next=True, degraded=degraded)

    def places(self, viewer: UserN, cursors: Iterable[str]) -> dict[str, Shown]:  # noqa: ARG002
        """Nothing was shown at a cursor of these feeds."""
        return {}

    def __getattr__(self, name: str) -> Any:
        async def answer(*args: Any, **named: Any) -> FeedPage:
            self.asked.append((name, args, named))
            return self.page

        return answer


@dataclass
class Server:
    """What every caller of a test shares."""

    graph: Graph
    pictures: Pictures
    store: MediaStore
    accounts: PasswordAccounts
    bus: Bus = field(default_factory=Bus)
    buckets: Buckets = field(default_factory=Buckets)
    internet: Internet = field(default_factory=lambda: Internet(private=True))
    suggestions: Suggestions = field(init=False)
    feeds: FeedsOfTests = field(default_factory=FeedsOfTests)
    operations: Operations = field(default_factory=lambda: Operations(schema, Limits(cost=10**6, feeds=10**3)))

    def __post_init__(self) -> None:
        self.suggestions = Suggestions(self.graph)

    def context(self, viewer: Viewer, session: str | None) -> Context:
        return Context(
            viewer=viewer,
            session=session,
            graph=self.graph,
            loaders=Loaders(self.graph, viewer.n),
            suggestions=self.suggestions,
            proposals=Proposals(self.graph),
            feeds=self.feeds,  # type: ignore[arg-type]
            bus=self.bus,
            pictures=self.pictures,
            urls=PictureUrls("http://pinwalk.test", SECRET),
            upload_urls=UploadUrls("http://pinwalk.test", SECRET),
            export_urls=ExportUrls("http://pinwalk.test", SECRET),
            cursors=Cursors(SECRET),
            accounts=self.accounts,
            buckets=self.buckets,
            internet=self.internet,
            hooks=Hooks(SECRET),
            now=lambda: datetime.now(UTC),
            request_id="request-of-a-test",
        )


@dataclass
class Caller:
    """Somebody who asks; nobody in particular when signed out."""

    server: Server
    viewer: Viewer = field(default_factory=lambda: Viewer(SIGNED_OUT))
    session: str | None = None

    async def __call__(self, document: str, **variables: Any) -> Reply:
        context = self.server.context(self.viewer, self.session)
        try:
            prepared = self.server.operations.prepare(document, None, variables)
        except Refused as refused:
            return Reply(None, [formatted(error, request_id="r") for error in refused.errors], 0)
        with count_statements() as statements:
            result = await self.server.operations.run(prepared, variables, context)
        errors = [formatted(error, request_id="r") for error in result.errors or ()]
        return Reply(result.data, errors, statements.n)

    async def do(self, name: str, answers: str, /, **input: Any) -> Any:
        """What a mutation answered; `answers` are the fields of its payload beside `userErrors`."""
        kind = f"{name[0].upper()}{name[1:]}Input".replace("Unfollow", "Follow").replace("UnhidePin", "HidePin")
        kind = "FollowUserInput" if name in ("blockUser", "unblockUser") else kind
        document = (
            f"mutation ($input: {kind}!) "
            f"{{ {name}(input: $input) {{ {answers} userErrors {{ code message field }} }} }}"
        )
        return (await self(document, input=input))[name]

    async def listen(self, document: str, **variables: Any) -> AsyncGenerator[Reply, None]:
        """The events of a subscription."""
        context = self.server.context(self.viewer, self.session)
        prepared = self.server.operations.prepare(document, None, variables)
        source: Any = await self.server.operations.subscribe(prepared, variables, context)
        if not hasattr(source, "__aiter__"):
            yield Reply(source.data, [formatted(error, request_id="r") for error in source.errors or ()], 0)
            return
        async with aclosing(source):
            try:
                async for result in source:
                    yield Reply(result.data, [formatted(error, request_id="r") for error in result.errors or ()], 0)
            except ProductError as ended:
                yield Reply(None, [formatted(ended, request_id="r")], 0)


@dataclass
class Person(Caller):
    """Somebody with an account."""

    id: str = ""
    username: str = ""
    tokens: dict[str, str] = field(default_factory=dict)

    @property
    def n(self) -> UserN:
        return self.viewer.n

    async def board(self, title: str = "Moss", privacy: str = "PUBLIC") -> str:
        answer = await self.do("createBoard", "board { id }", title=title, privacy=privacy)
        assert answer["userErrors"] == []
        return str(answer["board"]["id"])

    async def pin(self, board_id: str, title: str = "A fern", **words: Any) -> str:
        """The id of a new Pin with a picture that nobody painted."""
        board = (await boards.by_ids(self.server.graph, self.n, [board_id]))[0]  # type: ignore[list-item]
        new = NewPin(board.n, title, picture(), **words)
        n = await pin_writes.create(self.server.graph, new, by=self.n)
        return str((await pins.by_ns(self.server.graph, self.n, [n]))[0].id)

    async def save(self, pin_id: str, board_id: str) -> None:
        answer = await self.do("savePin", "save { savedAt }", pinId=pin_id, boardId=board_id)
        assert answer["userErrors"] == []


def picture() -> NewPicture:
    return NewPicture(
        sha256=secrets.token_hex(32),
        width=800,
        height=600,
        content_type="image/jpeg",
        dominant_color="#3a5f2b",
        palette=("#3a5f2b",),
        thumb_hash="3OcRJYB4d3h/iIeHeEh3eIhw+j2w",
        signature="0" * 64,
    )


def photograph(size: tuple[int, int] = (640, 480), kind: str = "PNG") -> bytes:
    """The bytes of a picture, each of its own colour."""
    buffer = io.BytesIO()
    red, green, blue = secrets.token_bytes(3)
    Image.linear_gradient("L").resize(size).convert("RGB").point(
        [*(i ^ red for i in range(256)), *(i ^ green for i in range(256)), *(i ^ blue for i in range(256))]
    ).save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture(scope="session")
async def server(
    graph: Graph, tmp_path_factory: pytest.TempPathFactory, store_settings: dict[str, Any]
) -> AsyncIterator[Server]:
    opened = stores.open_store(settings.load({}, data_dir=tmp_path_factory.mktemp("media"), **store_settings))
    store, decoder = await opened.__aenter__(), Decoder(processes=1)
    accounts = PasswordAccounts(SECRET, time_cost=1, memory_kib=64)
    # A server that has no plan of a statement yet may take seconds for one where several suites share its cores.
    defaults: dict[str, Any] = {}
    for method in (Graph.read, Graph.one, Graph.write):
        assert method.__kwdefaults__ is not None
        defaults[method.__name__] = method.__kwdefaults__["timeout_s"]
        method.__kwdefaults__["timeout_s"] = 30.0
    yield Server(graph, Pictures(store, decoder), store, accounts)
    for method in (Graph.read, Graph.one, Graph.write):
        method.__kwdefaults__["timeout_s"] = defaults[method.__name__]  # type: ignore[index]
    accounts.close()
    await decoder.close()
    await opened.__aexit__(None, None, None)


@pytest.fixture
def feeds(server: Server) -> FeedsOfTests:
    server.feeds.page = FeedPage()
    server.feeds.asked.clear()
    return server.feeds


@pytest.fixture
def stranger(server: Server) -> Caller:
    """Nobody: signed out."""
    return Caller(server)


async def person(server: Server, name: str) -> Person:
    username = f"{name}_{secrets.token_hex(5)}"
    account = {"username": username, "email": f"{username}@example.org", "password": PASSWORD}
    answer = (await Caller(server)(SIGN_UP, input=account))["signUp"]
    assert answer["userErrors"] == []
    claims = server.accounts.verify(answer["accessToken"], now=datetime.now(UTC))
    assert claims is not None
    tokens = {"access": answer["accessToken"], "refresh": answer["refreshToken"]}
    viewer = Viewer(claims.user_n, claims.user_id)
    return Person(server, viewer, claims.session, id=claims.user_id, username=username, tokens=tokens)


@pytest.fixture
async def ana(server: Server) -> Person:
    return await person(server, "ana")


@pytest.fixture
async def ben(server: Server) -> Person:
    return await person(server, "ben")


@pytest.fixture
async def cleo(server: Server) -> Person:
    return await person(server, "cleo")


async def section(someone: Person, board_id: str, title: str) -> str:
    """The id of a new section of the board."""
    answer = await someone.do("createSection", "board { sections { id } }", boardId=board_id, title=title)
    assert answer["userErrors"] == []
    return str(answer["board"]["sections"][-1]["id"])


async def pin_n(someone: Person, pin_id: str) -> PinN:
    return (await pins.by_ids(someone.server.graph, someone.n, [pin_id]))[0].n  # type: ignore[list-item]


async def board_n(someone: Person, board_id: str) -> BoardN:
    return (await boards.by_ids(someone.server.graph, someone.n, [board_id]))[0].n  # type: ignore[list-item]
