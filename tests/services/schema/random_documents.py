"""Random queries over a schema: any field, any nesting, arguments drawn from what somebody might know."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence

from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_leaf_type,
    is_required_argument,
    is_required_input_field,
)

_FIELDS_MAX = 7
_NOTHING = '""'


class RandomDocuments:
    """Writes queries. `words` are the values for arguments by name (`id`, `query`, …); a name that is not among them
    is left out when it may be, else drawn from `""`."""

    def __init__(self, schema: GraphQLSchema, words: Mapping[str, Sequence[object]], rng: random.Random) -> None:
        self._schema, self._words, self._rng = schema, words, rng
        self._aliases = 0

    def query(self, depth: int = 6) -> str:
        """A query of one to three root fields."""
        root = self._schema.query_type
        assert root is not None
        self._aliases = 0
        chosen = self._rng.sample(
            sorted(n for n, f in root.fields.items() if self._askable(f)), self._rng.randint(1, 3)
        )
        return "{ " + " ".join(self._field(name, root.fields[name], depth) for name in chosen) + " }"

    def _field(self, name: str, field: GraphQLField, depth: int) -> str:
        given = [self._argument(key, arg) for key, arg in field.args.items()]
        inside = ", ".join(text for text in given if text)
        self._aliases += 1
        called = f"a{self._aliases}: {name}" + (f"({inside})" if inside else "")
        return called + self._below(get_named_type(field.type), depth - 1)

    def _below(self, kind: GraphQLNamedType, depth: int) -> str:
        if is_leaf_type(kind):
            return ""
        if isinstance(kind, GraphQLInterfaceType | GraphQLUnionType):
            types = self._schema.get_possible_types(kind)
            return " { __typename " + " ".join(f"... on {t.name}{self._below(t, depth)}" for t in types) + " }"
        assert isinstance(kind, GraphQLObjectType)
        leaves = [n for n, f in kind.fields.items() if self._askable(f) and is_leaf_type(get_named_type(f.type))]
        deeper = [n for n, f in kind.fields.items() if self._askable(f) and n not in leaves]
        chosen = self._rng.sample(leaves, min(len(leaves), self._rng.randint(1, 5)))
        if depth > 0 and deeper:
            chosen += self._rng.sample(deeper, min(len(deeper), self._rng.randint(1, 3)))
        if not chosen:
            return " { __typename }"
        return " { " + " ".join(self._field(n, kind.fields[n], depth) for n in chosen[:_FIELDS_MAX]) + " }"

    def _argument(self, name: str, argument: GraphQLArgument) -> str | None:
        if name == "first":
            return f"first: {self._rng.randint(1, 10)}"
        kind = get_named_type(argument.type)
        known = name in self._words or isinstance(kind, GraphQLEnumType) or self._fillable(kind)
        if is_required_argument(argument):
            return f"{name}: {self._value(name, argument.type) if known else _NOTHING}"
        return f"{name}: {self._value(name, argument.type)}" if known and self._rng.random() < 0.6 else None

    def _askable(self, field: GraphQLField) -> bool:
        """Whether something can be given for each argument that must be."""
        texts = ("ID", "String")
        required = [(n, get_named_type(a.type)) for n, a in field.args.items() if is_required_argument(a)]
        return all(n in self._words or k.name in texts or self._fillable(k) for n, k in required)

    def _fillable(self, kind: GraphQLNamedType) -> bool:
        """Whether all that an input must hold is among the words."""
        return isinstance(kind, GraphQLInputObjectType) and all(
            name in self._words for name, field in kind.fields.items() if is_required_input_field(field)
        )

    def _value(self, name: str, kind: object) -> str:
        if isinstance(kind, GraphQLNonNull):
            return self._value(name, kind.of_type)
        if isinstance(kind, GraphQLList):
            return "[" + ", ".join(self._value(name, kind.of_type) for _ in range(self._rng.randint(1, 4))) + "]"
        if isinstance(kind, GraphQLEnumType):
            return self._rng.choice(sorted(kind.values))
        if isinstance(kind, GraphQLInputObjectType):
            fields = [n for n in kind.fields if n in self._words]
            chosen = self._rng.sample(fields, 1) if fields else []
            return "{" + ", ".join(f"{n}: {self._value(n, kind.fields[n].type)}" for n in chosen) + "}"
        return json.dumps(self._rng.choice(list(self._words[name])))
