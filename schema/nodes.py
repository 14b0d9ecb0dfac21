"""The types that refer to one another: users, boards, Pins, topics, and the feeds that lead from one to the next."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import strawberry
from strawberry import UNSET

from domain import links, model
from domain.model import BoardPrivacy, BoardRole, PinOrder, PinStatus, Source
from resolvers import (
    blocks,
    boards,
    collaborators,
    comments,
    feeds,
    nodes,
    pins,
    saves,
    sections,
    topics,
    users,
)
from resolvers.collaborators import Colleague
from resolvers.feeds import Entry, Feed
from resolvers.pages import Listing
from schema.connections import After, Connection, First, PageInfo, given
from schema.fields import field
from schema.inputs import CropInput
from schema.selection import wanted, wanted_of_page
from schema.values import URL, Image, Info

MinScore = Annotated[
    float | None, strawberry.argument(description="Leave out what is less alike than this cosine, -1..1.")
]

CropOf = Annotated[CropInput | None, strawberry.argument(description="The part to look for; none: all of it.")]
InSection = Annotated[
    strawberry.ID | None, strawberry.argument(description="Those in this section of the board alone.")
]
InOrder = Annotated[PinOrder, strawberry.argument(description="In which order.")]


@strawberry.interface(description="Whatever has an id of its own.")
class Node:
    id: strawberry.ID = strawberry.field(description="Opaque and globally unique; `node(id:)` finds the thing again.")


@strawberry.type(description="An account.")
class User(Node):
    username: str = strawberry.field(description="Unique in any case, 3..30 of `A-Z a-z 0-9 _ .`.")
    display_name: str = strawberry.field(description="The name to show, 1..60 characters.")
    bio: str | None = strawberry.field(description="What they say about themselves, at most 500 characters.")
    created_at: datetime = strawberry.field(description="When they signed up.")
    avatar: Image | None = strawberry.field(description="Their picture, if they have one.")
    source: strawberry.Private[model.User]

    @classmethod
    def of(cls, user: model.User) -> User:
        return cls(
            id=strawberry.ID(user.id),
            username=user.username,
            display_name=user.display_name,
            bio=user.bio,
            created_at=user.created_at,
            avatar=Image.of(user.avatar) if user.avatar else None,
            source=user,
        )

    @classmethod
    def maybe(cls, user: model.User | None) -> User | None:
        return cls.of(user) if user else None

    @field("Their own boards as they arranged them, new ones first; secret ones only for those who may see them.")
    async def boards(self, info: Info, first: First = 25, after: After = UNSET) -> Connection[Board]:
        return Connection.of(await users.boards(info.context, self.source, first, given(after)), Board.of)

    @field("Pins they created, newest first; for others, from when each is public.")
    async def pins(self, info: Info, first: First = 25, after: After = UNSET) -> Connection[Pin]:
        page = await users.pins(info.context, self.source, first, given(after), wanted_of_page(info))
        return Connection.of(page, Pin.of)

    @field("Who follows them, latest first.")
    async def followers(self, info: Info, first: First = 25, after: After = UNSET) -> Connection[User]:
        page = await users.followers(info.context, self.source, first, given(after), wanted_of_page(info))
        return Connection.of(page, User.of)

    @field("The users whom they follow, latest first.")
    async def following(self, info: Info, first: First = 25, after: After = UNSET) -> Connection[User]:
        page = await users.following(info.context, self.source, first, given(after), wanted_of_page(info))
        return Connection.of(page, User.of)

    @field("The boards that they follow and the viewer may see, latest first.")
    async def followed_boards(self, info: Info, first: First = 25, after: After = UNSET) -> Connection[Board]:
        page = await users.followed_boards(info.context, self.source, first, given(after), wanted_of_page(info))
        return Connection.of(page, Board.of)

    @field("The topics that they are interested in, at most 100.")
    async def interests(self, info: Info) -> list[Topic]:
        return [Topic.of(topic) for topic in await users.interests(info.context, self.source)]

    @field("How many users follow them.")
    async def follower_count(self, info: Info) -> int:
        return (await users.counts(info.context, self.source)).followers

    @field("How many users they follow.")
    async def following_count(self, info: Info) -> int:
        return (await users.counts(info.context, self.source)).following

    @field("Whether the viewer follows them.")
    async def viewer_follows(self, info: Info) -> bool:
        return await users.viewer_follows(info.context, self.source)

    @field("Whether the viewer blocks them.")
    async def viewer_blocks(self, info: Info) -> bool:
        return await blocks.viewer_blocks(info.context, self.source)

    @field("The viewer's own e-mail address; null for anybody else's.")
    async def email(self, info: Info) -> str | None:
        return await users.email(info.context, self.source)


@strawberry.type(description="A collection of Pins. It holds at most 10,000.")
class Board(Node):
    title: str = strawberry.field(description="1..100 characters.")
    description: str | None = strawberry.field(description="At most 800 characters.")
    privacy: BoardPrivacy = strawberry.field(description="Who may see it.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When its title, description, privacy or cover last changed.")
    source: strawberry.Private[model.Board]

    @classmethod
    def of(cls, board: model.Board) -> Board:
        return cls(
            id=strawberry.ID(board.id),
            title=board.title,
            description=board.description,
            privacy=board.privacy,
            created_at=board.created_at,
            updated_at=board.updated_at,
            source=board,
        )

    @classmethod
    def maybe(cls, board: model.Board | None) -> Board | None:
        return cls.of(board) if board else None

    @field("Whose board it is; null when the account is gone.")
    async def owner(self, info: Info) -> User | None:
        return User.maybe(await boards.owner(info.context, self.source))

    @field("The image of the Pin chosen as its cover, else of the newest; null while it is empty.")
    async def cover(self, info: Info) -> Image | None:
        image = await boards.cover(info.context, self.source)
        return Image.of(image) if image else None

    @field("Who works on it with its owner, the longest first, at most 50.")
    async def collaborators(self, info: Info) -> list[BoardCollaborator]:
        return [BoardCollaborator.of(each) for each in await collaborators.of_board(info.context, self.source)]

    @field("Its sections as they are arranged, at most 50.")
    async def sections(self, info: Info) -> list[BoardSection]:
        return [BoardSection.of(each) for each in await sections.of_board(info.context, self.source)]

    @field("Its Pins: most recently saved first, or as arranged by hand.")
    async def pins(
        self,
        info: Info,
        first: First = 25,
        after: After = UNSET,
        section_id: InSection = UNSET,
        order: InOrder = PinOrder.NEWEST,
    ) -> SavedPinConnection:
        where, wants = given(section_id), wanted_of_page(info)
        page = await boards.pins(
            info.context, self.source, first, given(after), section_id=where, order=order, wants=wants
        )
        return SavedPinConnection.of(page)

    @field("Pins that would go on it, by a walk from its own Pins.")
    async def more_ideas(self, info: Info, first: First = 25, after: After = UNSET) -> FeedConnection:
        wants = wanted_of_page(info)
        return FeedConnection.of(await feeds.more_ideas(info.context, self.source, first, given(after), wants))

    @field("How many Pins it holds, at most 10,000.")
    async def pin_count(self, info: Info) -> int:
        return (await boards.counts(info.context, self.source)).pins

    @field("How many users follow it.")
    async def follower_count(self, info: Info) -> int:
        return (await boards.counts(info.context, self.source)).followers

    @field("What it is about, if its owner said so.")
    async def topic(self, info: Info) -> Topic | None:
        return Topic.maybe(await boards.topic(info.context, self.source))

    @field(
        "What it seems to be about by public saves and its words, if its owner named nothing or what all contradict."
    )
    async def proposed_topic(self, info: Info) -> Topic | None:
        return Topic.maybe(await topics.proposed_for_board(info.context, self.source))

    @field("What the viewer may do on it; null for nothing but looking.")
    async def viewer_role(self, info: Info) -> BoardRole | None:
        return await boards.viewer_role(info.context, self.source)

    @field("Whether the viewer follows it.")
    async def viewer_follows(self, info: Info) -> bool:
        return await boards.viewer_follows(info.context, self.source)


@strawberry.type(description="Somebody who works on a board with its owner.")
class BoardCollaborator:
    user: User = strawberry.field(description="Who.")
    role: BoardRole = strawberry.field(description="EDITOR or VIEWER.")
    since: datetime = strawberry.field(description="Since when.")

    @classmethod
    def of(cls, colleague: Colleague) -> BoardCollaborator:
        return cls(user=User.of(colleague.user), role=colleague.role, since=colleague.since)


@strawberry.type(description="A part of a board, which has at most 50.")
class BoardSection(Node):
    title: str = strawberry.field(description="1..100 characters.")
    source: strawberry.Private[model.Section]

    @classmethod
    def of(cls, section: model.Section) -> BoardSection:
        return cls(id=strawberry.ID(section.id), title=section.title, source=section)

    @classmethod
    def maybe(cls, section: model.Section | None) -> BoardSection | None:
        return cls.of(section) if section else None

    @field("How many Pins are in it.")
    async def pin_count(self, info: Info) -> int:
        return await sections.pin_count(info.context, self.source)


@strawberry.type(description="An image with its words, made once and saved to any number of boards.")
class Pin(Node):
    title: str = strawberry.field(description="1..100 characters.")
    description: str | None = strawberry.field(description="At most 800 characters.")
    alt_text: str | None = strawberry.field(description="What the image shows, for who cannot see it; at most 500.")
    link: URL | None = strawberry.field(
        description="Where it leads: an http or https address, at most 2,048 characters."
    )
    domain: str | None = strawberry.field(description="The host of the link, without `www.`.")
    status: PinStatus = strawberry.field(description="How far its picture has been processed.")
    image: Image = strawberry.field(description="Its picture; the 564 rendition is there from the start.")
    created_at: datetime = strawberry.field(description="When it was made.")
    source: strawberry.Private[model.Pin]

    @classmethod
    def of(cls, pin: model.Pin) -> Pin:
        return cls(
            id=strawberry.ID(pin.id),
            title=pin.title,
            description=pin.description,
            alt_text=pin.alt_text,
            link=URL(pin.link) if pin.link else None,
            domain=links.domain(pin.link),
            status=pin.status,
            image=Image.of(pin.image),
            created_at=pin.created_at,
            source=pin,
        )

    @classmethod
    def maybe(cls, pin: model.Pin | None) -> Pin | None:
        return cls.of(pin) if pin else None

    @field("Who made it; null when the account is gone.")
    async def creator(self, info: Info) -> User | None:
        return User.maybe(await pins.creator(info.context, self.source))

    @field("What it is about, at most 10.")
    async def topics(self, info: Info) -> list[Topic]:
        return [Topic.of(topic) for topic in await pins.topics(info.context, self.source)]

    @field("What it seems to be about by its words, boards and neighbours, where its creator named nothing; at most 3.")
    async def proposed_topics(self, info: Info) -> list[Topic]:
        return [Topic.of(topic) for topic in await topics.proposed_for_pin(info.context, self.source)]

    @field("How many boards hold it: public ones, and the viewer's own.")
    async def save_count(self, info: Info) -> int:
        return await pins.save_count(info.context, self.source)

    @field("The boards that hold it and that the viewer may see, latest save first.")
    async def boards(self, info: Info, first: First = 25, after: After = UNSET) -> Connection[Board]:
        return Connection.of(await pins.boards(info.context, self.source, first, given(after)), Board.of)

    @field("Its saves on boards that the viewer owns or works on, at most 100.")
    async def viewer_saves(self, info: Info) -> list[Save]:
        return [Save.of(*both) for both in await saves.viewers(info.context, self.source)]

    @field("Whether the viewer hid it.")
    async def viewer_hid(self, info: Info) -> bool:
        return await pins.viewer_hid(info.context, self.source)

    @field("How many comments it has, without those of anybody blocked either way; at most 10,000.")
    async def comment_count(self, info: Info) -> int:
        return await comments.count(info.context, self.source)

    @field("Its comments, newest first.")
    async def comments(self, info: Info, first: First = 25, after: After = UNSET) -> Connection[Comment]:
        return Connection.of(await comments.of_pin(info.context, self.source, first, given(after)), Comment.of)

    @field("What goes with it: saved together with it, and alike in look or words.")
    async def related(self, info: Info, first: First = 25, after: After = UNSET) -> FeedConnection:
        wants = wanted_of_page(info)
        return FeedConnection.of(await feeds.related(info.context, self.source, first, given(after), wants))

    @field("What looks like it, or like a part of it, by look alone. The whole is looked for once it is READY.")
    async def similar(
        self, info: Info, first: First = 25, after: After = UNSET, crop: CropOf = UNSET, min_score: MinScore = UNSET
    ) -> FeedConnection:
        about = (info.context, self.source, first, given(after))
        least, wants, part = given(min_score), wanted_of_page(info), given(crop)
        if part is not None:
            return FeedConnection.of(await feeds.like_part(*about, crop=part.crop(), min_score=least, wants=wants))
        return FeedConnection.of(await feeds.similar(*about, min_score=least, wants=wants))

    @field("Other Pins of its picture, or of copies encoded anew, resized or lightly cropped, newest first.")
    async def duplicates(self, info: Info, first: First = 25, after: After = UNSET) -> Connection[Pin]:
        page = await pins.copies(info.context, self.source, first, given(after), wanted_of_page(info))
        return Connection.of(page, Pin.of)


@strawberry.type(description="A subject that Pins are about.")
class Topic(Node):
    name: str = strawberry.field(description="Its name.")
    slug: str = strawberry.field(description="Its name for addresses: lower case, with hyphens.")
    description: str | None = strawberry.field(description="What belongs to it.")
    source: strawberry.Private[model.Topic]

    @classmethod
    def of(cls, topic: model.Topic) -> Topic:
        return cls(
            id=strawberry.ID(topic.id),
            name=topic.name,
            slug=topic.slug,
            description=topic.description,
            source=topic,
        )

    @classmethod
    def maybe(cls, topic: model.Topic | None) -> Topic | None:
        return cls.of(topic) if topic else None

    @field("How many public Pins are about it.")
    async def pin_count(self, info: Info) -> int:
        return await topics.pin_count(info.context, self.source)

    @field("At most four of its newest public Pins.")
    async def cover_pins(self, info: Info) -> list[Pin]:
        return [Pin.of(pin) for pin in await topics.cover_pins(info.context, self.source, wanted(info))]


@strawberry.type(description="What somebody said of a Pin.")
class Comment(Node):
    text: str = strawberry.field(description="1..500 characters.")
    created_at: datetime = strawberry.field(description="When it was written.")
    source: strawberry.Private[model.Comment]

    @classmethod
    def of(cls, comment: model.Comment) -> Comment:
        return cls(id=strawberry.ID(comment.id), text=comment.text, created_at=comment.created_at, source=comment)

    @field("Who wrote it; null when the account is gone.")
    async def author(self, info: Info) -> User | None:
        return User.maybe(await comments.author(info.context, self.source))


@strawberry.type(description="A Pin on a board, and the act of putting it there.")
class Save:
    board: Board = strawberry.field(description="The board that holds the Pin.")
    saved_at: datetime = strawberry.field(description="When it was saved there.")
    note: str | None = strawberry.field(description="What was said on saving it, at most 500 characters.")
    source: strawberry.Private[model.Save]

    @classmethod
    def of(cls, save: model.Save, board: model.Board) -> Save:
        return cls(board=Board.of(board), saved_at=save.saved_at, note=save.note, source=save)

    @field("Who saved it; null when the account is gone.")
    async def saved_by(self, info: Info) -> User | None:
        return User.maybe(await saves.saved_by(info.context, self.source))

    @field("The section of the board that the Pin is in, if any.")
    async def section(self, info: Info) -> BoardSection | None:
        return BoardSection.maybe(await sections.of_save(info.context, self.source))


@strawberry.type(description="A Pin at its place on a board.")
class SavedPinEdge:
    node: Pin = strawberry.field(description="The Pin.")
    cursor: str = strawberry.field(description="The place, as `after` takes it. Stable while the board changes.")
    saved_at: datetime = strawberry.field(description="When it was saved.")
    note: str | None = strawberry.field(description="What was said on saving it, at most 500 characters.")
    source: strawberry.Private[model.Save]

    @field("Who saved it; null when the account is gone.")
    async def saved_by(self, info: Info) -> User | None:
        return User.maybe(await saves.saved_by(info.context, self.source))

    @field("The section of the board that the Pin is in, if any.")
    async def section(self, info: Info) -> BoardSection | None:
        return BoardSection.maybe(await sections.of_save(info.context, self.source))


@strawberry.type(description="A page of a board's Pins.")
class SavedPinConnection:
    edges: list[SavedPinEdge] = strawberry.field(description="The places of the page, at most `first`.")
    nodes: list[Pin] = strawberry.field(description="The Pins at them, in the same order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands on the board.")

    @classmethod
    def of(cls, listing: Listing[boards.SavedPin]) -> SavedPinConnection:
        edges = [
            SavedPinEdge(
                node=Pin.of(row.value.pin),
                cursor=row.cursor,
                saved_at=row.value.save.saved_at,
                note=row.value.save.note,
                source=row.value.save,
            )
            for row in listing.rows
        ]
        return cls(edges=edges, nodes=[edge.node for edge in edges], page_info=PageInfo.of_listing(listing))


@strawberry.type(description="Why a Pin is shown.")
class Reason:
    source: Source = strawberry.field(description="What brought it into the feed.")
    score: float = strawberry.field(description="The source's own score; larger is better, within one source.")
    text: str = strawberry.field(description="The reason for people, such as “Because you saved “Moss garden””.")
    pin: Pin | None = strawberry.field(description="The Pin that led here, if one did.")
    board: Board | None = strawberry.field(description="The board that led here, if one did.")
    user: User | None = strawberry.field(description="The user who led here, if one did.")
    topic: Topic | None = strawberry.field(description="The topic that led here, if one did.")

    @classmethod
    def of(cls, reason: feeds.Reason) -> Reason:
        return cls(
            source=reason.source,
            score=reason.score,
            text=reason.text,
            pin=Pin.maybe(reason.pin),
            board=Board.maybe(reason.board),
            user=User.maybe(reason.user),
            topic=Topic.maybe(reason.topic),
        )


@strawberry.type(description="One place of a feed.")
class FeedEdge:
    node: Pin = strawberry.field(description="The Pin shown here.")
    cursor: str = strawberry.field(
        description="The place, as `after` takes it. All pages of a scroll are of one ranking."
    )
    score: float = strawberry.field(description="What the feed ranks by; larger is better, within one feed.")
    weak: bool = strawberry.field(description="Whether it is a search match after the good ones.")
    source: strawberry.Private[Entry]

    @classmethod
    def of(cls, entry: Entry) -> FeedEdge:
        return cls(
            node=Pin.of(entry.pin),
            cursor=entry.cursor,
            score=entry.score,
            weak=entry.weak,
            source=entry,
        )

    @field("Why it is shown: the best reason first, at least one.")
    def reasons(self) -> list[Reason]:
        return [Reason.of(reason) for reason in self.source.reasons]


@strawberry.type(description="A page of a feed. No Pin comes twice in one scroll, which holds at most 1,000.")
class FeedConnection:
    edges: list[FeedEdge] = strawberry.field(description="The places of the page, at most `first`.")
    nodes: list[Pin] = strawberry.field(description="The Pins at them, in the same order.")
    page_info: PageInfo = strawberry.field(description="Where the page stands in the scroll.")
    degraded: list[Source] = strawberry.field(description="Sources that did not answer in time.")

    @classmethod
    def of(cls, feed: Feed) -> FeedConnection:
        edges = [FeedEdge.of(entry) for entry in feed.entries]
        cursors = [edge.cursor for edge in edges]
        return cls(
            edges=edges,
            nodes=[edge.node for edge in edges],
            page_info=PageInfo.of(cursors, has_next=feed.has_next, has_previous=feed.has_previous),
            degraded=list(feed.degraded),
        )


def node_of(thing: nodes.Thing | None) -> Node | None:
    """The thing as its type."""
    found: Node | None = None
    match thing:
        case model.Pin():
            found = Pin.of(thing)
        case model.Board():
            found = Board.of(thing)
        case model.Section():
            found = BoardSection.of(thing)
        case model.User():
            found = User.of(thing)
        case model.Topic():
            found = Topic.of(thing)
        case model.Comment():
            found = Comment.of(thing)
    return found
