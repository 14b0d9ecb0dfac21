"""The client of the embedder's own process, by address: it may be on another machine."""

from __future__ import annotations

from collections.abc import Sequence

from vectors.embedder import EmbedderInfo, FloatArray


class RemoteEmbedder:
    """Pictures and texts into unit vectors, by the embedder process at `address` (such as http://127.0.0.1:8010).

    No connection is made until the first call. Every call raises Unavailable when the process is down, late,
    over-full, or its model is loading, failed or off; the message says which.
    """

    def __init__(
        self,
        address: str,
        *,
        token: str | None = None,
        timeout_s: float = 30.0,
        text_timeout_s: float = 5.0,
        connect_timeout_s: float = 1.0,
    ) -> None:
        raise NotImplementedError

    async def info(self) -> EmbedderInfo:
        """The models of the process and their states. Answers within 1 s, also while models are loading."""
        raise NotImplementedError

    async def images(self, pictures: Sequence[bytes]) -> FloatArray:
        """One unit row per picture file, in order: (n, dim) float32. Long lists are sent in parts.

        Raises Invalid with field ("pictures", "<position>") for a file that cannot be decoded.
        """
        raise NotImplementedError

    async def texts(self, texts: Sequence[str]) -> FloatArray:
        """One unit row per text, in order: (n, dim) float32. Long lists are sent in parts."""
        raise NotImplementedError

    async def close(self) -> None:
        """Gives back the connections."""
        raise NotImplementedError
