"""How this installation's Milvus is asked, from the settings."""

from __future__ import annotations

from app.settings import Settings
from vectors import options
from vectors.options import MilvusOptions


def milvus_options(settings: Settings) -> MilvusOptions:
    """The options of the profile, with what the settings say in their place."""
    index_params, search_params = settings.vectors_index_params, settings.vectors_search_params
    return options.chosen(
        settings.vectors_profile,
        index_type=settings.vectors_index,
        index_params=None if index_params is None else dict(index_params),
        search_params=None if search_params is None else dict(search_params),
        consistency=settings.vectors_consistency,
        timeout_s=settings.vectors_timeout_s,
    )
