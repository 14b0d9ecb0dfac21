"""Users: accounts, profiles, interests, counts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from domain.errors import Invalid, NotFound, Taken
from domain.ids import TopicId, TopicN, UserId, UserN, new_id
from domain.limits import USER_INTERESTS_MAX
from domain.model import UNSET, Unset, User, UserCounts
from graph import columns, publicity, visibility, words
from graph.client import Graph, Tx
from graph.pictures import NewPicture, merge

CLASHES: Final = """
OPTIONAL MATCH (a:User {usernameKey: $key}) OPTIONAL MATCH (b:User {email: $email})
RETURN a IS NOT NULL AS username, b IS NOT NULL AS email"""
CREATE: Final = """
CREATE (u:User {id: $id, n: $n, username: $username, usernameKey: $key, email: $email, displayName: $display_name,
  passwordHash: $password_hash, createdAt: $now, folded: $folded, stemmed: $stemmed})"""
CREDENTIALS: Final = (
    """
MATCH (u:User) WHERE u.usernameKey = $login OR u.email = $login
WITH u ORDER BY u.usernameKey = $login DESC LIMIT 1
RETURN """
    + columns.USER
    + " AS user, u.passwordHash AS password_hash"
)
CHANGE_HASH: Final = "MATCH (u:User {n: $n}) SET u.passwordHash = $password_hash RETURN u.n AS n"
HASH: Final = "MATCH (u:User {n: $n}) RETURN u.passwordHash AS password_hash"
_SEEN: Final = " WHERE " + visibility.USER + " RETURN " + columns.USER + " } AS rows"
BY_NS: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $keys AS key MATCH (u:User {n: key}) WHERE "
    + visibility.PERSON
    + " RETURN "
    + columns.USER
    + " } AS rows"
)
BY_IDS: Final = visibility.BLOCKERS + "RETURN COLLECT { UNWIND $keys AS key MATCH (u:User {id: key})" + _SEEN
BY_USERNAMES: Final = (
    visibility.BLOCKERS + "RETURN COLLECT { UNWIND $keys AS key MATCH (u:User {usernameKey: key})" + _SEEN
)
N_OF: Final = "MATCH (u:User {id: $id}) RETURN u.n AS n"
EMAIL: Final = "MATCH (u:User {n: $n}) RETURN u.email AS email"
NAMES: Final = "MATCH (u:User {n: $n}) SET u.lk = $k RETURN u.username AS username, u.displayName AS display_name"
UPDATE: Final = (
    "MATCH (u:User {n: $n}) SET u += $fields, u.folded = $folded, u.stemmed = $stemmed RETURN "
    + columns.USER
    + " AS user"
)
# A picture that was let go of is looked at by who clears away (`pictures.free`).
DROP_AVATAR: Final = "MATCH (:User {n: $n})-[a:AVATAR]->(i) SET i:Loose DELETE a RETURN i.sha256 AS sha256"
WEAR_AVATAR: Final = "MATCH (u:User {n: $n}), (i:Picture {sha256: $sha256}) CREATE (u)-[:AVATAR]->(i)"
DROP_INTERESTS: Final = "MATCH (u:User {n: $n}) SET u.lk = $k WITH u MATCH (u)-[i:INTERESTED_IN]->() DELETE i"
ADD_INTERESTS: Final = """
MATCH (u:User {n: $n}) UNWIND range(0, size($ids) - 1) AS pos
MATCH (t:Topic {id: $ids[pos]}) CREATE (u)-[:INTERESTED_IN {pos: pos}]->(t) RETURN t.id AS id"""
INTERESTS: Final = """
RETURN COLLECT { UNWIND $ns AS n MATCH (u:User {n: n})
  RETURN [n, COLLECT { MATCH (u)-[i:INTERESTED_IN]->(t:Topic) RETURN t.n ORDER BY i.pos }] } AS rows"""
COUNTS: Final = (
    visibility.VIEWER
    + "RETURN COLLECT { UNWIND $ns AS n MATCH (u:User {n: n})"
    + " WHERE "
    + visibility.PERSON
    + """
  RETURN [n, COUNT { (u)<-[:FOLLOWS]-() }
      - COUNT { UNWIND blocked AS x MATCH (:User {n: x})-[:FOLLOWS]->(u) RETURN x },
    COUNT { (u)-[:FOLLOWS]->(:User) }
      - COUNT { UNWIND blocked AS x MATCH (u)-[:FOLLOWS]->(:User {n: x}) RETURN x }] } AS rows"""
)
FOLLOWS: Final = """
MATCH (v:User {n: $viewer}) WITH v.id AS me
RETURN COLLECT { UNWIND $ns AS n MATCH (u:User {n: n}) WITH n, u.id AS id
  MATCH ()-[f:FOLLOWS]->() USING INDEX f:FOLLOWS(s, t) WHERE f.s = me AND f.t = id RETURN n } AS rows"""


async def create(
    graph: Graph, *, username: str, email: str, display_name: str, password_hash: str, now: datetime
) -> User:
    """The new User. Raises Taken with field ("username",) or ("email",); names differ by more than case."""
    n, id_, at = await graph.keys.user(), UserId(new_id("user")), columns.milliseconds(now)
    key, address = username_key(username), email_key(email)

    async def work(tx: Tx) -> None:
        _refuse_clash((await tx.run(CLASHES, key=key, email=address))[0])
        await tx.run(
            CREATE,
            id=id_,
            n=n,
            username=username,
            key=key,
            email=address,
            display_name=display_name,
            password_hash=password_hash,
            now=at,
            folded=words.fold(username, display_name),
            stemmed=words.stem(username, display_name),
        )

    try:
        await graph.write(work)
    except Taken as error:
        if not error.field:  # Somebody took it between the look and the commit: say which.
            _refuse_clash((await graph.read(CLASHES, key=key, email=address))[0])
        raise
    return User(id_, n, username, display_name, None, columns.moment(at))


async def credentials(graph: Graph, login: str) -> tuple[User, str] | None:
    """The User with this username or e-mail, and their password hash."""
    row = await graph.one(CREDENTIALS, login=login.strip().casefold())
    return (columns.user_of(row["user"]), row["password_hash"]) if row else None


async def password(graph: Graph, n: UserN, password_hash: str) -> None:
    """Replaces the password hash. Raises NotFound."""

    async def work(tx: Tx) -> None:
        if not await tx.run(CHANGE_HASH, n=n, password_hash=password_hash):
            raise NotFound("There is no such user.")

    await graph.write(work)


async def password_hash(graph: Graph, n: UserN) -> str | None:
    """The password hash of an account; None when it is gone."""
    row = await graph.one(HASH, n=n)
    return row["password_hash"] if row else None


async def by_ns(graph: Graph, viewer: UserN, ns: Collection[UserN]) -> list[User]:
    """Those of the Users who may appear before the viewer, in any order: nobody blocked either way. One statement."""
    return _users(await graph.read(BY_NS, viewer=viewer, keys=list(ns)))


async def by_ids(graph: Graph, viewer: UserN, ids: Collection[UserId]) -> list[User]:
    """Those of the Users that the viewer may find by id, in any order: whom they block, too. One statement."""
    return _users(await graph.read(BY_IDS, viewer=viewer, keys=list(ids)))


async def by_username(graph: Graph, viewer: UserN, username: str) -> User | None:
    """The User of this name in any case, if the viewer may see them."""
    found = _users(await graph.read(BY_USERNAMES, viewer=viewer, keys=[username_key(username)]))
    return found[0] if found else None


async def n_of(graph: Graph, user_id: UserId) -> UserN | None:
    """The number of the account that a token names; None when it is gone. Asks nothing about visibility."""
    row = await graph.one(N_OF, id=user_id)
    return UserN(row["n"]) if row else None


async def email(graph: Graph, n: UserN) -> str | None:
    """The e-mail address, for its owner alone."""
    row = await graph.one(EMAIL, n=n)
    return row["email"] if row else None


async def update(
    graph: Graph,
    n: UserN,
    *,
    display_name: str | Unset = UNSET,
    bio: str | Unset | None = UNSET,
    avatar: NewPicture | Unset | None = UNSET,
) -> User:
    """The User with the given fields changed; what is UNSET stays, None clears. Raises NotFound."""
    given = {"displayName": display_name, "bio": bio}
    fields = {name: value for name, value in given.items() if value is not UNSET}
    k = graph.keys.k()

    async def work(tx: Tx) -> User:
        rows = await tx.run(NAMES, n=n, k=k)
        if not rows:
            raise NotFound("There is no such user.")
        names = (rows[0]["username"], fields.get("displayName", rows[0]["display_name"]))
        if avatar is not UNSET:
            worn = await tx.run(DROP_AVATAR, n=n)
            if avatar is not None:
                await merge(tx, avatar, k=k)
                await tx.run(WEAR_AVATAR, n=n, sha256=avatar.sha256)
            await publicity.close_pictures(tx, [row["sha256"] for row in worn], k)
        rows = await tx.run(UPDATE, n=n, fields=fields, folded=words.fold(*names), stemmed=words.stem(*names))
        return columns.user_of(rows[0]["user"])

    return await graph.write(work)


async def set_interests(graph: Graph, n: UserN, topic_ids: Sequence[TopicId]) -> None:
    """Replaces the interests. Raises NotFound for an unknown topic, Invalid over USER_INTERESTS_MAX."""
    ids = list(dict.fromkeys(topic_ids))
    if len(ids) > USER_INTERESTS_MAX:
        raise Invalid(f"At most {USER_INTERESTS_MAX} interests. Choose fewer.", ("topicIds",))
    k = graph.keys.k()

    async def work(tx: Tx) -> None:
        await tx.run(DROP_INTERESTS, n=n, k=k)
        if len(await tx.run(ADD_INTERESTS, n=n, ids=ids)) != len(ids):
            raise NotFound("One of these topics does not exist.", ("topicIds",))

    await graph.write(work)


async def interests(graph: Graph, ns: Collection[UserN]) -> dict[UserN, list[TopicN]]:
    """The interests of each User, in the order they were given."""
    row = await graph.one(INTERESTS, ns=list(ns))
    return {UserN(n): topic_ns for n, topic_ns in row["rows"]} if row else {}


async def counts(graph: Graph, viewer: UserN, ns: Collection[UserN]) -> dict[UserN, UserCounts]:
    """Followers, and Users followed, of each User that may appear before the viewer: nobody blocked either way."""
    row = await graph.one(COUNTS, viewer=viewer, ns=list(ns))
    return {UserN(n): UserCounts(followers, following) for n, followers, following in row["rows"]} if row else {}


async def follows(graph: Graph, viewer: UserN, ns: Collection[UserN]) -> set[UserN]:
    """Which of the Users the viewer follows."""
    row = await graph.one(FOLLOWS, viewer=viewer, ns=list(ns))
    return set(row["rows"]) if row else set()


def username_key(username: str) -> str:
    """What two usernames may not share."""
    return username.strip().casefold()


def email_key(email: str) -> str:
    """What two e-mail addresses may not share."""
    return email.strip().casefold()


def _users(rows: list[dict[str, Any]]) -> list[User]:
    return [columns.user_of(row) for row in rows[0]["rows"]] if rows else []


def _refuse_clash(row: dict[str, Any]) -> None:
    if row["username"]:
        raise Taken("This username is in use. Choose another.", ("username",))
    if row["email"]:
        raise Taken("There is an account with this e-mail address. Log in, or use another.", ("email",))
