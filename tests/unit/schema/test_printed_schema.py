from __future__ import annotations

from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
)

from schema.api import printed

ROOT = Path(__file__).parents[3]
SERVED = build_schema((ROOT / "schema" / "schema.graphql").read_text())
PROMISED = build_schema((Path(__file__).parent / "promised.graphql").read_text())


def test_the_committed_schema_is_the_one_that_is_served() -> None:
    assert (ROOT / "schema" / "schema.graphql").read_text() == printed(), "Run `make schema`."


def test_every_type_field_argument_and_value_is_described() -> None:
    bare: list[str] = []
    for name, kind in SERVED.type_map.items():
        if name.startswith("__") or name in {"Boolean", "Float", "ID", "Int", "String"}:
            continue
        if not kind.description and name not in {"Query", "Mutation", "Subscription"}:
            bare.append(name)
        if isinstance(kind, GraphQLEnumType):
            bare += [f"{name}.{value}" for value, made in kind.values.items() if not made.description]
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for field, made in kind.fields.items():
                if not made.description:
                    bare.append(f"{name}.{field}")
                arguments = getattr(made, "args", {})
                bare += [f"{name}.{field}({a})" for a, given in arguments.items() if not given.description]

    assert bare == []


def test_what_is_promised_is_served_under_its_name_type_and_default() -> None:
    broken: list[str] = []
    for name, promised in PROMISED.type_map.items():
        if name.startswith("__"):
            continue
        served = SERVED.type_map.get(name)
        if type(served) is not type(promised):
            broken.append(name)
        elif isinstance(promised, GraphQLEnumType):
            assert isinstance(served, GraphQLEnumType)
            broken += [f"{name}.{value}" for value in promised.values if value not in served.values]
        elif isinstance(promised, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            assert isinstance(served, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType)
            for field, wanted in promised.fields.items():
                given = served.fields.get(field)
                if given is None or str(given.type) != str(wanted.type):
                    broken.append(f"{name}.{field}: {wanted.type}, not {given and given.type}")
                    continue
                if getattr(given, "default_value", None) != getattr(wanted, "default_value", None):
                    broken.append(f"{name}.{field} = …")
                for argument, expected in getattr(wanted, "args", {}).items():
                    taken = getattr(given, "args", {}).get(argument)
                    if (
                        taken is None
                        or str(taken.type) != str(expected.type)
                        or taken.default_value != expected.default_value
                    ):
                        broken.append(f"{name}.{field}({argument}: {expected.type})")
            if isinstance(promised, GraphQLInputObjectType):
                assert isinstance(served, GraphQLInputObjectType)
                assert served.is_one_of == promised.is_one_of

    assert broken == []


def test_nothing_must_be_given_that_is_not_promised_to_be_asked_for() -> None:
    for name, promised in PROMISED.type_map.items():
        served = SERVED.type_map.get(name)
        if name.startswith("__") or not isinstance(promised, GraphQLInputObjectType):
            continue
        assert isinstance(served, GraphQLInputObjectType)
        new = set(served.fields) - set(promised.fields)
        assert not [field for field in new if str(served.fields[field].type).endswith("!")], name
