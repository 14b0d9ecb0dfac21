"""Users: profiles, their lists, following."""

from __future__ import annotations

from domain import limits
from domain.model import UNSET, Board, Pin, Topic, Unset, User, UserCounts
from graph import follows, search, user_pages, users
from resolvers import find, hydrate, inputs, uploads
from resolvers.context import Context, require_viewer
from resolvers.hydrate import NOTHING, Wants
from resolvers.pages import Listing, hydrated, listing, page_args


async def viewer(ctx: Context) -> User | None:
    """The account that is asking; None when signed out."""
    return await ctx.loaders.user.load(ctx.viewer.n) if ctx.viewer.signed_in else None


async def by_username(ctx: Context, username: str) -> User | None:
    """The User of this name, in any case of its letters."""
    if not inputs.is_username(username):
        return None
    return await users.by_username(ctx.graph, ctx.viewer.n, username)


async def boards(ctx: Context, user: User, first: int, after: str | None) -> Listing[Board]:
    """The User's own boards that the viewer may see, newest first."""
    kind = f"user.boards:{user.n}"
    page = await user_pages.boards_page(ctx.graph, ctx.viewer.n, user.n, page_args(ctx, kind, first, after))
    ctx.loaders.board.prime({item.value.n: item.value for item in page.items})
    return listing(ctx, kind, page)


async def pins(ctx: Context, user: User, first: int, after: str | None, wants: Wants = NOTHING) -> Listing[Pin]:
    """Pins that the User created and the viewer may see, newest first."""
    kind = f"user.pins:{user.n}"
    page = await user_pages.pins_page(ctx.graph, ctx.viewer.n, user.n, page_args(ctx, kind, first, after))
    return listing(ctx, kind, await hydrated(page, lambda ns: hydrate.pins(ctx, ns, wants)))


async def followers(ctx: Context, user: User, first: int, after: str | None, wants: Wants = NOTHING) -> Listing[User]:
    """Who follows the User, latest first."""
    kind = f"user.followers:{user.n}"
    page = await user_pages.followers_page(ctx.graph, ctx.viewer.n, user.n, page_args(ctx, kind, first, after))
    return listing(ctx, kind, await hydrated(page, lambda ns: hydrate.users(ctx, ns, wants)))


async def following(ctx: Context, user: User, first: int, after: str | None, wants: Wants = NOTHING) -> Listing[User]:
    """Whom the User follows, latest first."""
    kind = f"user.following:{user.n}"
    page = await user_pages.following_page(ctx.graph, ctx.viewer.n, user.n, page_args(ctx, kind, first, after))
    return listing(ctx, kind, await hydrated(page, lambda ns: hydrate.users(ctx, ns, wants)))


async def followed_boards(
    ctx: Context, user: User, first: int, after: str | None, wants: Wants = NOTHING
) -> Listing[Board]:
    """The boards that the User follows and the viewer may see, latest first."""
    kind = f"user.followedBoards:{user.n}"
    page = await user_pages.followed_boards_page(ctx.graph, ctx.viewer.n, user.n, page_args(ctx, kind, first, after))
    return listing(ctx, kind, await hydrated(page, lambda ns: hydrate.boards(ctx, ns, wants)))


async def interests(ctx: Context, user: User) -> list[Topic]:
    """What the User said they are interested in."""
    return await hydrate.topics(ctx, await ctx.loaders.interests.load(user.n))


async def counts(ctx: Context, user: User) -> UserCounts:
    """How many follow the User, and how many Users they follow."""
    return await ctx.loaders.user_counts.load(user.n)


async def viewer_follows(ctx: Context, user: User) -> bool:
    """Whether the viewer follows the User."""
    return ctx.viewer.signed_in and await ctx.loaders.follows_user.load(user.n)


async def email(ctx: Context, user: User) -> str | None:
    """The viewer's own e-mail address; None for anybody else's."""
    return await users.email(ctx.graph, user.n) if user.n == ctx.viewer.n else None


async def matching(ctx: Context, query: str, first: int, after: str | None, wants: Wants = NOTHING) -> Listing[User]:
    """Users whose name matches, best first. Raises Invalid for a query that is empty or too long."""
    words = inputs.text(query, most=limits.SEARCH_CHARS_MAX, field=("query",), name="The query")
    kind = f"users:{words}"
    page = await search.users(ctx.graph, ctx.viewer.n, words, page_args(ctx, kind, first, after))
    return listing(ctx, kind, await hydrated(page, lambda ns: hydrate.users(ctx, ns, wants)))


async def update(
    ctx: Context,
    *,
    display_name: str | Unset | None = UNSET,
    bio: str | Unset | None = UNSET,
    avatar: uploads.ImageSource | Unset | None = UNSET,
) -> User:
    """The viewer's profile with what was given changed. None clears the bio and the avatar; a name stays a name."""
    me = require_viewer(ctx)
    named: str | Unset = UNSET
    if display_name is not UNSET:
        named = inputs.text(
            display_name, most=limits.DISPLAY_NAME_CHARS_MAX, field=("displayName",), name="The display name"
        )
    about = bio
    if bio is not UNSET:
        about = inputs.optional_text(bio, most=limits.BIO_CHARS_MAX, field=("bio",), name="The bio")
    if avatar is UNSET or avatar is None:
        return await users.update(ctx.graph, me, display_name=named, bio=about, avatar=avatar)
    taken = await uploads.take(ctx, avatar, field="avatar")
    changed = await users.update(ctx.graph, me, display_name=named, bio=about, avatar=taken.picture)
    await uploads.use_up(ctx, taken)
    return changed


async def set_interests(ctx: Context, topic_ids: list[str]) -> User:
    """The viewer with these interests instead of the ones before."""
    me = require_viewer(ctx)
    kept = await find.topics(ctx, topic_ids, most=limits.USER_INTERESTS_MAX)
    await users.set_interests(ctx.graph, me, kept)
    return await find.present_viewer(ctx, me)


async def follow(ctx: Context, user_id: str) -> User:
    """The User, followed. Twice is once. Raises NotFound, Invalid for oneself."""
    me = require_viewer(ctx)
    user = await find.user(ctx, user_id)
    await follows.follow_user(ctx.graph, me, user.n)
    return user


async def unfollow(ctx: Context, user_id: str) -> User:
    """The User, followed no more. Twice is once. Raises NotFound."""
    me = require_viewer(ctx)
    user = await find.user(ctx, user_id)
    await follows.unfollow_user(ctx.graph, me, user.n)
    return user
