"""What a new schema takes away from clients of the released one, and whether they were told in time.

Something may be removed, or changed in a way that breaks clients, when the released schema has it as deprecated with a
reason that names a day which has come: "Use `x`. Until 2027-01-31."
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
)

_DAY: Final = re.compile(r"\b[Uu]ntil (\d{4}-\d{2}-\d{2})\b")
_PLACE: Final = re.compile(r"\b([A-Za-z_]\w*)(?:\.(\w+))?(?:\((\w+):?\)?)?")


def broken(released: str, new: str, *, today: date) -> list[str]:
    """The changes from the released schema to the new one that break clients who were not told; empty: none do."""
    before, after = build_schema(released), build_schema(new)
    return [
        change.description
        for change in find_breaking_changes(before, after)
        if not _told(before, change.description, today)
    ]


def _told(before: GraphQLSchema, description: str, today: date) -> bool:
    """Whether what the change is about was deprecated until a day that has come."""
    for match in _PLACE.finditer(description):
        for reason in _reasons(before, match[1], match[2], match[3]):
            day = _DAY.search(reason)
            if day is not None and date.fromisoformat(day[1]) <= today:
                return True
    return False


def _reasons(before: GraphQLSchema, type_name: str, member: str | None, argument: str | None) -> list[str]:
    """Why the member of the type, or its argument, is deprecated; of a type alone, why all of its members are."""
    type_ = before.type_map.get(type_name)
    if isinstance(type_, GraphQLEnumType):
        reasons = {name: value.deprecation_reason for name, value in type_.values.items()}
    elif isinstance(type_, GraphQLInputObjectType):
        reasons = {name: field.deprecation_reason for name, field in type_.fields.items()}
    elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        reasons = {name: field.deprecation_reason for name, field in type_.fields.items()}
        arguments = type_.fields[member].args if member in type_.fields else {}
        if argument in arguments and arguments[argument].deprecation_reason:
            return [arguments[argument].deprecation_reason or ""]
    else:
        return []
    if member is not None:
        return [reasons[member] or ""] if member in reasons else []
    return [reason for reason in reasons.values() if reason] if all(reasons.values()) else []
