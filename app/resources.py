"""The composition root of an API process: opens every part, keeps it up, and puts a Context together from them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, cast

import structlog

from app import learning, secret_files, stores, warm
from app.auth import Caller, PasswordAccounts
from app.bookmarks import CarriedBookmarks
from app.ended import EndedSessions
from app.keeping import DOWN, OFF, READY, RETRY_S_MAX, RETRY_S_MIN, STARTING, Part, Underway, kept_up, until_up
from app.late import Late
from app.settings import Settings, variable
from app.vector_server import milvus_options
from discovery.feeds import Feeds
from discovery.leaning_store import KeptLeanings
from discovery.proposals import Proposals
from discovery.suggestions import Suggestions
from discovery.training.store import KeptModel
from discovery.walk.live import LiveWalk
from domain.errors import Invalid, Unavailable
from domain.page import Cursors
from events.bus import Bus
from events.tail import Tail
from graph import migrate, outbox
from graph.client import Graph
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
from shared.buckets import Buckets
from shared.last_seen import LastSeen
from shared.shelf import Shelf
from vectors.embedder import EmbedderInfo, ModelState, TextEmbedder
from vectors.remote import RemoteEmbedder

if TYPE_CHECKING:
    from shared.client import Shared
    from vectors.milvus import MilvusIndex

log = structlog.get_logger(__name__)

PARTS: Final = ("graph", "walk", "embedder", "media", "recall")
_EMBEDDER_POLL_S: Final = 5.0
_MODEL_POLL_S: Final = 20.0
_SETTLED_S_MAX: Final = 20.0
_FIRST_REQUESTS_S: Final = 0.5
_FIRST_ANSWERS_S_MAX: Final = 5.0


class Resources:
    """Everything that one API process has open. Made by `open_resources`.

    It serves from the first moment: a part that is not up yet raises Unavailable with its name when it is asked.
    """

    def __init__(self, settings: Settings, store: MediaStore, decoder: Decoder) -> None:
        """Connects to nothing. Raises Invalid when an address is missing."""
        _given(settings.vectors_uri, "vectors_uri")
        self.settings = settings
        self.accounts = PasswordAccounts(secret_files.session_key(settings))
        self.cursors = Cursors(secret_files.cursor_key(settings))
        self.urls = PictureUrls(settings.base_url, secret_files.picture_key(settings))
        self.upload_urls = UploadUrls(settings.base_url, secret_files.picture_key(settings))
        self.export_urls = ExportUrls(settings.base_url, secret_files.picture_key(settings))
        self.store = store
        self.pictures = Pictures(store, decoder)
        self.decoder = decoder
        self.shared = _shared(settings)
        self.buckets = Buckets(self.shared)
        self.hooks = Hooks(secret_files.hook_key(settings))
        self.internet = Internet(private=settings.private_addresses == "allowed")
        routed = (settings.graph_uri or "").startswith("neo4j")
        self.bookmarks = CarriedBookmarks(self.cursors, self.shared, routed=routed)
        self.bus = Bus()
        self.late_graph: Late[Graph] = Late("graph")
        self.late_walk: Late[LiveWalk] = Late("walk")
        self.graph = cast("Graph", self.late_graph)
        self.walk = cast("LiveWalk", self.late_walk)
        self.ended = EndedSessions(self.graph)
        self.suggestions = Suggestions(self.graph)
        self.proposals = Proposals(self.graph, lambda: self.feeds.neighbours)
        self.model = KeptModel(settings.walk_dir / learning.MODEL)
        self.leanings = KeptLeanings(settings.walk_dir / learning.LEANINGS)
        self.tail = Tail(self.graph)
        self.late_look: Late[MilvusIndex] = Late("index of pictures")
        self.late_text: Late[MilvusIndex] = Late("index of words")
        self.look = cast("MilvusIndex", self.late_look)
        self.text = cast("MilvusIndex", self.late_text)
        self.embedder = RemoteEmbedder(
            _given(settings.embedder_url, "embedder_url"), timeout_s=settings.embedder_timeout_s
        )
        self.models: EmbedderInfo | None = None
        self.parts = {name: Part(name) for name in PARTS}
        self.underway = Underway()
        """Queries and mutations."""
        self.settled = asyncio.Event()
        """Set when what the first answers need is up, and those that were waited for then have been given."""
        self.vectors_open = asyncio.Event()
        """Set when the indexes have answered, well or badly."""
        self.feeds = self.new_feeds(words=settings.text_model != OFF)

    def new_feeds(self, *, words: bool) -> Feeds:
        """The feeds over the present parts, with or without the vectors of words."""
        return Feeds(
            graph=self.graph,
            walk=self.walk,
            model=self.model,
            leanings=self.leanings,
            look=self.look,
            text=self.text if words else None,
            embedder=cast("TextEmbedder", self.embedder) if words else None,
            pictures=self.embedder,
            secret=secret_files.cursor_key(self.settings),
            shelf=Shelf(self.shared) if self.shared is not None else None,
            notes=LastSeen(self.shared) if self.shared is not None else None,
        )

    def context(self, caller: Caller, request_id: str) -> Context:
        """What one operation of this caller runs with: fresh loaders over the parts of this process."""
        return Context(
            viewer=caller.viewer,
            session=caller.session,
            graph=self.graph,
            loaders=Loaders(self.graph, caller.viewer.n),
            feeds=self.feeds,
            suggestions=self.suggestions,
            proposals=self.proposals,
            bus=self.bus,
            pictures=self.pictures,
            urls=self.urls,
            upload_urls=self.upload_urls,
            export_urls=self.export_urls,
            cursors=self.cursors,
            accounts=self.accounts,
            buckets=self.buckets,
            internet=self.internet,
            hooks=self.hooks,
            now=now,
            request_id=request_id,
            address=caller.address,
        )


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    """The parts of an API process; given at once, while the servers behind them may still be starting.

    Each part is tried again, more and more slowly, until it is up; its state is in `parts`. Closed in reverse order.
    Raises Invalid when a setting that it needs is missing.
    """
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(stores.open_store(settings))
        decoder = Decoder(processes=settings.decoders)
        stack.push_async_callback(decoder.close)
        resources = Resources(settings, store, decoder)
        stack.callback(resources.accounts.close)
        stack.push_async_callback(resources.embedder.close)
        if resources.shared is not None:
            stack.push_async_callback(resources.shared.close)
            task = asyncio.create_task(kept_up("redis", resources.shared.run))
            stack.push_async_callback(_stop, task)
        for work in (_keep_graph, _keep_vectors, _warm_media, _watch_embedder):
            task = asyncio.create_task(kept_up(work.__name__.strip("_"), partial(work, resources)))
            stack.push_async_callback(_stop, task)
        stack.callback(resources.bus.close)
        yield resources


def check_addresses(settings: Settings) -> None:
    """Raises Invalid when an address is missing that an API process needs."""
    for name in ("graph_uri", "vectors_uri", "embedder_url"):
        _given(getattr(settings, name), name)


async def _keep_graph(resources: Resources) -> None:
    """Opens the graph and all that is read from it, then follows its events for as long as the process lives."""
    settings, part = resources.settings, resources.parts["graph"]

    async def connect() -> Graph:
        uri, user = _given(settings.graph_uri, "graph_uri"), settings.graph_user
        graph = Graph.to(uri, user, secret_files.graph_password(settings), pool_size=settings.graph_pool_size)
        try:
            await graph.answers()
            # A cold server plans for seconds: what the first page needs, beside what this process needs to write.
            planning = asyncio.create_task(warm.first(graph))
            try:
                if await migrate.complete(graph):
                    await asyncio.gather(graph.enter(), planning)
                else:
                    await graph.enter()
                    await migrate.migrate(graph)
                    await warm.first(graph)
            finally:
                planning.cancel()
                await asyncio.gather(planning, return_exceptions=True)  # Without a schema it fails: it is asked anew.
        except BaseException:
            await graph.close()
            raise
        return graph

    graph = await until_up(part, connect, wait_s_max=RETRY_S_MIN)
    try:
        position = await until_up(part, lambda: outbox.last_seq(graph))
        resources.tail.add("bus", resources.bus.publish, after=position)
        # The first time of a statement takes seconds: until all were asked once, requests wait rather than fail.
        resources.late_graph.arrive(graph.patient(warm.TIMEOUT_S))
        resources.feeds.patient = True
        part.become(READY)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(kept_up("tail", resources.tail.run))
            tasks.create_task(_load_walk(resources, graph))
            tasks.create_task(_warm_graph(resources, graph))
            tasks.create_task(kept_up("suggestions", partial(_keep_suggestions, resources)))
    finally:
        await graph.close()


async def _warm_graph(resources: Resources, graph: Graph) -> None:
    await _settled(resources)
    await warm.rest(graph)
    resources.late_graph.arrive(graph)
    resources.feeds.patient = False


async def _keep_suggestions(resources: Resources) -> None:
    await _settled(resources)
    while True:
        with suppress(Unavailable):  # The list stays as it was; the graph's own words are asked meanwhile.
            await resources.suggestions.keep()
        await asyncio.sleep(RETRY_S_MAX)


async def _load_walk(resources: Resources, graph: Graph) -> None:
    part = resources.parts["walk"]
    walk = await until_up(part, lambda: LiveWalk.load(graph, resources.settings.walk_dir / learning.SNAPSHOT))
    resources.tail.add("walk", walk.follow, after=walk.seq)
    resources.late_walk.arrive(walk)
    await resources.feeds.warm()
    part.become(READY)
    await _calm(resources)
    resources.settled.set()
    while True:
        await asyncio.to_thread(resources.model.refresh)
        await asyncio.to_thread(resources.leanings.refresh)
        await asyncio.sleep(_MODEL_POLL_S)


async def _calm(resources: Resources) -> None:
    """Returns a little after the start, when the first answers have been given, or when they take too long."""
    await asyncio.sleep(_FIRST_REQUESTS_S)
    with suppress(TimeoutError):
        async with asyncio.timeout(_FIRST_ANSWERS_S_MAX):
            await resources.underway.none()


async def _keep_vectors(resources: Resources) -> None:
    """Opens both indexes for as long as the process lives, and holds the server against the exact index once.

    Milvus's client takes two seconds to import: not while the first request waits for the graph.
    """
    await _settled(resources)
    vectors = await asyncio.to_thread(_Vectors, resources.settings)
    try:
        resources.late_look.arrive(vectors.look)
        resources.late_text.arrive(vectors.text)
        part = resources.parts["recall"]
        recall = await until_up(part, vectors.recall)
        resources.vectors_open.set()
        if recall >= vectors.recall_min:
            part.become(READY, f"{recall:.3f} of the exact index's neighbours are found")
        else:
            least = vectors.recall_min
            part.become(DOWN, f"only {recall:.3f} of the exact index's neighbours are found, {least} is the least")
        await asyncio.Event().wait()
    finally:
        await vectors.look.close()
        await vectors.text.close()


class _Vectors:
    """The indexes of a Milvus server. Made in a thread: it imports the client."""

    def __init__(self, settings: Settings) -> None:
        from vectors.milvus import MilvusIndex
        from vectors.recall import RECALL_MIN, measure

        uri, token = _given(settings.vectors_uri, "vectors_uri"), settings.vectors_token
        options = milvus_options(settings)
        self.look = MilvusIndex.follow(uri, kind="look", token=token, options=options)
        self.text = MilvusIndex.follow(uri, kind="text", token=token, options=options)
        self.recall = lambda: measure(uri, token=token, options=options)
        self.recall_min = RECALL_MIN


async def _settled(resources: Resources) -> None:
    """Returns when the first answers had the machine for themselves, or when what they need takes too long."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_SETTLED_S_MAX):
            await resources.settled.wait()


async def _warm_media(resources: Resources) -> None:
    part = resources.parts["media"]
    await _settled(resources)
    await until_up(part, resources.decoder.warm)
    part.become(READY)


async def _watch_embedder(resources: Resources) -> None:
    """Keeps the embedder's state, and leaves the vectors of words out of the feeds while its text model is off."""
    part = resources.parts["embedder"]
    words = resources.settings.text_model != OFF
    while True:
        try:
            info = await resources.embedder.info()
        except Unavailable as error:
            resources.models = None
            part.become(DOWN, error.message)
        else:
            resources.models = info
            part.become(READY if info.image.ready else STARTING, info.image.detail)
            wanted = any(model.state is not ModelState.OFF for model in info.texts)
            if wanted != words:
                words = wanted
                patient = resources.feeds.patient
                resources.feeds = resources.new_feeds(words=words)
                resources.feeds.patient = patient
        await asyncio.sleep(_EMBEDDER_POLL_S if part.state == READY else RETRY_S_MIN)


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _shared(settings: Settings) -> Shared | None:
    if not settings.redis_url:
        return None
    from shared.client import Shared  # Redis's client takes a third of a second to import.

    return Shared(settings.redis_url, secret_files.shared_key(settings))


def _given(value: str | None, name: str) -> str:
    if value is None:
        raise Invalid(f"{variable(name)} is not set: an API process of its own needs this address.")
    return value
