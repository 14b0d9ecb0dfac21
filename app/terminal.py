"""What `pinwalk serve` says on the terminal: what is happening, then where it is and how to log in."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape

from app.settings import Settings

NAMES = {
    "neo4j": "Neo4j (the graph)",
    "milvus": "Milvus Lite (the vectors)",
    "embedder": "embedder",
    "worker": "worker",
    "api": "API",
    "demo": "demo world",
}


@dataclass(slots=True)
class Terminal:
    """Short lines with the seconds since the start."""

    console: Console = field(default_factory=lambda: Console(stderr=False, highlight=False, soft_wrap=True))
    began: float = field(default_factory=time.monotonic)
    reasons: dict[str, str] = field(default_factory=dict)

    def say(self, text: str) -> None:
        self.console.print(f"[dim]{time.monotonic() - self.began:6.1f} s[/dim]  {text}")

    def starting(self, names: list[str]) -> None:
        self.say("starting " + ", ".join(NAMES.get(name, name) for name in names))

    def ready(self, name: str, seconds: float) -> None:
        self.say(f"[green]✓[/green] {NAMES.get(name, name)} [dim]({seconds:.1f} s)[/dim]")

    def died(self, name: str, code: int | None, again_s: float, log: str, why: str = "") -> None:
        """`why` is what a part of ours said itself; the same is said once."""
        self.say(
            f"[yellow]{NAMES.get(name, name)} ended (code {code}); again in {again_s:.1f} s[/yellow] "
            f"[dim]{escape(log)}[/dim]"
        )
        if why and self.reasons.get(name) != why:
            self.reasons[name] = why
            self.console.print(f"          [red]{escape(why)}[/red]")

    def given_up(self, name: str, deaths: int, log: str, words: str) -> None:
        self.say(
            f"[red]{NAMES.get(name, name)} ended {deaths} times and is left alone; the rest goes on.[/red]\n"
            f"{escape(words)}\n          its log: {escape(log)}"
        )

    def line(self, name: str, text: str) -> None:
        self.say(f"[dim]{name}[/dim] {escape(text)}")

    def addresses(self, settings: Settings, log_in: tuple[str, str] | None) -> None:
        base = settings.base_url
        rows = [("GraphQL, and GraphiQL in a browser", f"{base}/graphql"), ("how each part is doing", f"{base}/readyz")]
        if log_in:
            rows.append(("log in as", f"{log_in[0]}   password: {log_in[1]}"))
        rows.append(("kept in", str(settings.data_dir)))
        self.console.print()
        self.console.print("  [bold]Pinwalk is running.[/bold]  Ctrl-C stops it.")
        for name, value in rows:
            self.console.print(f"    {name:<36}[bold]{escape(value)}[/bold]")
        self.console.print()
