"""`pinwalk bench search`: is the right thing among the first ten, when one letter of what was typed is wrong?"""

from __future__ import annotations

import csv
import io
import json
import random
import time
import zipfile
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from rich.console import Console
from rich.progress import track
from rich.table import Table

from app import secret_files
from app.bench.report import Timings, machine
from app.connect import ready_graph
from app.settings import Settings
from app.vector_server import milvus_options
from discovery import filters, rank
from discovery.candidate import Candidate, FeedQuery
from discovery.feeds import Feeds
from discovery.sources.meaning import Meaning
from discovery.sources.words import Matches, Words
from discovery.walk.live import LiveWalk
from domain.errors import Invalid
from domain.ids import SIGNED_OUT, PinN
from domain.model import ANY_PIN
from graph import narrowing, pins, words
from graph.client import Graph
from vectors.embedder import TextEmbedder
from vectors.milvus import MilvusIndex
from vectors.remote import RemoteEmbedder

FIRST: Final = 10
_SEED: Final = 17
_BROUGHT: Final = 200
_WORDS: Final = 3
_WORD_CHARS_MIN: Final = 4
_TYPO_CHARS_MIN: Final = 5
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"

Method = Callable[[str], Awaitable[list[PinN]]]


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody looks for: words of a product's description, as they are and with one typo."""

    product: str
    words: str
    typed: str


async def run(settings: Settings, archive: Path, *, queries: int = 500, json_path: Path | None = None) -> None:
    """Prints, for words alone, vectors alone and both fused, the share of queries whose product is in the first ten.

    The Pins of the archive must have been imported, titled by product. A query is three words that follow one another
    in a product's description, stop words and short ones left out; one letter of one of them is left out, added,
    changed, or swapped with the next. Raises Invalid for an archive without `pins.csv`, or that was not imported.
    """
    questions = made(read(archive), queries)
    async with AsyncExitStack() as stack:
        graph = await stack.enter_async_context(ready_graph(settings))
        methods = await _methods(settings, graph, stack)
        rows = []
        for name, method in methods.items():
            rows.append(await _asked(graph, name, method, [(q.product, q.typed) for q in questions], "one typo"))
            rows.append(await _asked(graph, name, method, [(q.product, q.words) for q in questions], "as written"))
    if not any(row["found"] for row in rows):
        raise Invalid(f"None of these products is found: import {archive} first (`pinwalk import folder`).")
    _show(len(questions), rows, json_path)


def read(archive: Path) -> dict[str, str]:
    """The description of each product of an archive with `pins.csv` (product, description). Raises Invalid."""
    try:
        with zipfile.ZipFile(archive) as opened:
            rows = csv.DictReader(io.StringIO(opened.read("pins.csv").decode("utf-8-sig")))
            return {row["product"]: row["description"] for row in rows if row["description"]}
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise Invalid(f"{archive} is not an archive with pins.csv (product, description): {error}") from error


def made(products: dict[str, str], count: int, *, seed: int = _SEED) -> list[Question]:
    """So many questions, the same each time. Raises Invalid when no description has enough words."""
    rng = random.Random(seed)
    said = {
        product: [w for w in words.terms(text) if len(w) >= _WORD_CHARS_MIN and w not in words.STOP_WORDS]
        for product, text in sorted(products.items())
    }
    able = [p for p, found in said.items() if len(found) >= _WORDS and max(map(len, found)) >= _TYPO_CHARS_MIN]
    if not able:
        raise Invalid("No description has enough words to ask with.")
    questions: list[Question] = []
    while len(questions) < count:
        product = rng.choice(able)
        start = rng.randrange(len(said[product]) - _WORDS + 1)
        chosen = said[product][start : start + _WORDS]
        long = [i for i, word in enumerate(chosen) if len(word) >= _TYPO_CHARS_MIN]
        if long:
            wrong = rng.choice(long)
            typed = [misspelt(word, rng) if i == wrong else word for i, word in enumerate(chosen)]
            questions.append(Question(product, " ".join(chosen), " ".join(typed)))
    return questions


def misspelt(word: str, rng: random.Random) -> str:
    """The word with one letter left out, added, changed, or swapped with the next."""
    while True:
        at, letter = rng.randrange(len(word) - 1), rng.choice(_LETTERS)
        wrong = rng.choice(
            (
                word[:at] + word[at + 1 :],
                word[:at] + letter + word[at:],
                word[:at] + letter + word[at + 1 :],
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            )
        )
        if wrong != word:
            return wrong


async def _methods(settings: Settings, graph: Graph, stack: AsyncExitStack) -> dict[str, Method]:
    uri, options = settings.vectors_uri or "", milvus_options(settings)
    look = MilvusIndex.follow(uri, kind="look", token=settings.vectors_token, options=options)
    text = MilvusIndex.follow(uri, kind="text", token=settings.vectors_token, options=options)
    remote = RemoteEmbedder(settings.embedder_url or "", timeout_s=settings.embedder_timeout_s)
    embedder = cast("TextEmbedder", remote)
    for part in (look, text, remote):
        stack.push_async_callback(part.close)
    feeds = Feeds(
        graph=graph,
        walk=cast("LiveWalk", None),  # A search takes no walk.
        look=look,
        text=text,
        embedder=embedder,
        secret=secret_files.cursor_key(settings),
    )
    feeds.patient = True
    lexical, vector = Words(Matches(graph)), Meaning(graph, embedder, text)

    async def by_words(asked: str) -> list[PinN]:
        return await _first(graph, await lexical.fetch(FeedQuery(words=asked, limit=_BROUGHT)))

    async def by_vectors(asked: str) -> list[PinN]:
        return await _first(graph, await vector.fetch(FeedQuery(words=asked, limit=_BROUGHT)))

    async def fused(asked: str) -> list[PinN]:
        return [entry.pin_n for entry in (await feeds.search(SIGNED_OUT, asked, first=FIRST)).entries]

    return {"lexical": by_words, "vector": by_vectors, "fused": fused}


async def _first(graph: Graph, found: list[Candidate]) -> list[PinN]:
    """The first of what one source has found, varied as a search's page is."""
    titles = await narrowing.narrowed(graph, SIGNED_OUT, [c.pin_n for c in found], ANY_PIN)
    return [c.pin_n for c in filters.varied(rank.fused(found), titles)[:FIRST]]


async def _asked(
    graph: Graph, name: str, method: Method, questions: Sequence[tuple[str, str]], how: str
) -> dict[str, Any]:
    timings, found = Timings(name), 0
    for product, asked in track(questions, f"{name}, {how}", transient=True):
        began = time.perf_counter()
        shown = await method(asked)
        timings.ms.append((time.perf_counter() - began) * 1_000)
        found += product in {pin.title for pin in await pins.by_ns(graph, SIGNED_OUT, shown)}
    share = round(found / len(questions), 4)
    return {"method": name, "queries": how, "found": found, "share": share, **timings.row()}


def _show(count: int, rows: Sequence[dict[str, Any]], json_path: Path | None) -> None:
    table = Table(title=f"Search: the right product among the first {FIRST}, {count} queries")
    for title in ("method", "queries", "share", "p50 ms", "p99 ms"):
        table.add_column(title, justify="left" if title in {"method", "queries"} else "right")
    for row in rows:
        table.add_row(row["method"], row["queries"], f"{row['share']:.3f}", str(row["p50_ms"]), str(row["p99_ms"]))
    Console().print(table)
    if json_path is not None:
        json_path.write_text(json.dumps({"machine": machine(), "rows": rows}, indent=2) + "\n")
