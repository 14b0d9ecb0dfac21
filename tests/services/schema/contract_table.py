"""Every mutation: what it names, its bounds, what becomes of a repeat. The schema is compared with this table."""

from __future__ import annotations

from typing import Final

from domain import limits
from domain.notices import NotificationKind
from graph import (
    access_tokens,
    blocks,
    boards,
    collaborators,
    comments,
    endpoints,
    follows,
    pin_writes,
    saves,
    sections,
    trash,
)
from tests.services.schema.contract import Bound, Entry, Full, Id, ago, many, number, text

SESSION: Final = "viewer { id } accessToken refreshToken"
BATCH: Final = "count results { id userErrors { code message field } }"
BOARD, PIN, USER, GONE = "board { id }", "pin { id }", "user { id }", "deletedId"

MINE: Final = Id("board")  # A board to be changed: others may look at a public one.
PLACE: Final = Id("section", theirs="NOT_FOUND")  # A section of the board that is named beside it.
LOOKED_AT: Final = Id("pin", theirs=None)
TOPIC: Final = Id("topic", secret=False, theirs=None)
SOMEBODY: Final = Id("user", theirs=None)

PASSWORD: Final = Bound(("x" * 8, "x" * 256), (("x" * 7, "INVALID"), ("x" * 257, "INVALID")))
PROOF: Final = Bound(("$password",), (("x" * 8, "FORBIDDEN"), ("", "FORBIDDEN"), ("x" * 10_000, "FORBIDDEN")))
NO_ADDRESS: Final = (("moss", "INVALID"), ("ftp://example.org/x", "INVALID"), ("http://", "INVALID"))
LINK: Final = Bound(
    ("https://example.org/", "https://example.org/" + "x" * 2_028),
    (("https://example.org/" + "x" * 2_029, "INVALID"), *NO_ADDRESS),
)
PICTURE_AT: Final = Bound((), NO_ADDRESS)  # What is at an address that may be asked: test_likeness_api.py.
WORDS: Final = {"title": text(100), "description": text(800, 0)}
PIN_WORDS: Final = {**WORDS, "altText": text(500, 0), "link": LINK, "topicIds": many("topic", 10)}
ACT: Final = {"pinId": "$pin", "kind": "DWELL", "at": ago(seconds=5), "dwellMs": 900}

TABLE: Final = (
    Entry(
        "signUp",
        SESSION,
        {"username": "$new_name", "email": "$new_email", "password": "$password"},
        bounds={
            "username": Bound(
                ("$new_shortest_name", "$new_longest_name"),
                (("xy", "INVALID"), ("x" * 31, "INVALID"), ("a b", "INVALID"), ("$username", "TAKEN")),
            ),
            "email": Bound(
                ("$new_longest_email",), ((f"x@{'x' * 249}.org", "INVALID"), ("moss", "INVALID"), ("", "INVALID"))
            ),
            "password": PASSWORD,
            "displayName": text(60, 0),
        },
        again="TAKEN",
        wins=1,
        is_open=True,
    ),
    Entry(
        "logIn",
        SESSION,
        {"username": "$username", "password": "$password"},
        bounds={
            "username": Bound(("$username",), (("nobody_of_this_name", "UNAUTHENTICATED"), ("", "UNAUTHENTICATED"))),
            "password": Bound(("$password",), (("x", "UNAUTHENTICATED"), ("x" * 10_000, "UNAUTHENTICATED"))),
        },
        makes=True,
        is_open=True,
    ),
    Entry(
        "refreshSession",
        SESSION,
        {"refreshToken": "$refresh"},
        bounds={"refreshToken": Bound(("$refresh",), (("", "UNAUTHENTICATED"), ("x" * 10_000, "UNAUTHENTICATED")))},
        again="UNAUTHENTICATED",
        wins=1,
        is_open=True,
        spends=True,
    ),
    Entry("logOut"),
    Entry(
        "updateProfile",
        "user { id displayName }",
        {"displayName": "Fern"},
        ids={
            "avatar.pinId": Id("pin", theirs="INVALID", missing="INVALID"),
            "avatar.uploadId": Id("upload", theirs="NOT_FOUND"),
        },
        bounds={"displayName": text(60), "bio": text(500, 0), "avatar.url": PICTURE_AT},
    ),
    Entry(
        "setInterests",
        USER,
        {"topicIds": ["$topic"]},
        ids={"topicIds": TOPIC},
        bounds={"topicIds": many("topic", 100)},
    ),
    Entry(
        "createBoard",
        BOARD,
        {"title": "Moss"},
        ids={"topicId": TOPIC},
        bounds=WORDS,
        makes=True,
        full=Full(boards, "USER_BOARDS_MAX"),
    ),
    Entry(
        "updateBoard",
        "board { id title }",
        {"boardId": "$board", "title": "Fern"},
        ids={"boardId": MINE, "coverPinId": Id("pin", theirs="NOT_FOUND"), "topicId": TOPIC},
        bounds=WORDS,
    ),
    Entry("deleteBoard", GONE, {"boardId": "$board"}, ids={"boardId": MINE}, again="NOT_FOUND", wins=1),
    Entry(
        "createSection",
        "board { sections { id } }",
        {"boardId": "$board", "title": "Wet"},
        ids={"boardId": MINE},
        bounds={"title": text(100)},
        makes=True,
        spends=True,
        full=Full(sections, "BOARD_SECTIONS_MAX"),
    ),
    Entry(
        "updateSection",
        BOARD,
        {"sectionId": "$section", "title": "Wet"},
        ids={"sectionId": Id("section")},
        bounds={"title": text(100)},
    ),
    Entry(
        "arrangeSections",
        BOARD,
        {"boardId": "$board", "sectionIds": ["$section"]},
        ids={"boardId": MINE, "sectionIds": Id("section", theirs="NOT_FOUND")},
        bounds={"sectionIds": many("section", 50)},
    ),
    Entry(
        "deleteSection",
        BOARD,
        {"sectionId": "$section"},
        ids={"sectionId": Id("section")},
        again="NOT_FOUND",
        wins=1,
    ),
    Entry(
        "addCollaborator",
        BOARD,
        {"boardId": "$board", "userId": "$user"},
        ids={"boardId": MINE, "userId": SOMEBODY},
        full=Full(collaborators, "BOARD_COLLABORATORS_MAX", {"userId": "$new_person"}),
    ),
    Entry(
        "removeCollaborator",
        BOARD,
        {"boardId": "$board", "userId": "$user"},
        ids={"boardId": MINE, "userId": SOMEBODY},
    ),
    Entry(
        "movePins",
        BOARD,
        {"pinIds": ["$pin"], "fromBoardId": "$board", "toBoardId": "$board"},
        ids={
            "pinIds": Id("pin", theirs="NOT_FOUND"),
            "fromBoardId": MINE,
            "toBoardId": MINE,
            "sectionId": PLACE,
        },
        bounds={"pinIds": many("pin", 100)},
    ),
    Entry(
        "unsavePins",
        BATCH,
        {"pinIds": ["$pin"], "boardId": "$board"},
        ids={"pinIds": LOOKED_AT, "boardId": MINE},
        bounds={"pinIds": many("pin", 100)},
        spends=True,
    ),
    Entry(
        "deletePins",
        BATCH,
        {"pinIds": ["$pin"]},
        ids={"pinIds": Id("pin")},
        bounds={"pinIds": many("pin", 100)},
        again="NOT_FOUND",
        wins=1,
        spends=True,
    ),
    Entry(
        "arrangePins",
        BOARD,
        {"boardId": "$board", "pinIds": ["$pin"], "before": "$second"},
        ids={"boardId": MINE, "pinIds": Id("pin", theirs="NOT_FOUND"), "before": Id("pin", theirs="NOT_FOUND")},
        bounds={"pinIds": many("pin", 100)},
    ),
    Entry(
        "arrangeBoards",
        USER,
        {"boardIds": ["$board"], "before": "$other"},
        ids={"boardIds": MINE, "before": MINE},
        bounds={"boardIds": many("board", 100)},
    ),
    Entry(
        "restorePin",
        PIN,
        {"pinId": "$trashed_pin"},
        ids={"pinId": Id("trashed_pin", theirs="NOT_FOUND")},
    ),
    Entry(
        "restoreBoard",
        BOARD,
        {"boardId": "$trashed_board"},
        ids={"boardId": Id("trashed_board", theirs="NOT_FOUND")},
        full=Full(trash, "USER_BOARDS_MAX", {"boardId": "$new_trashed_board"}),
    ),
    Entry(
        "prepareUpload",
        "upload { id }",
        {"contentType": "image/png", "bytes": 100},
        bounds={
            "contentType": Bound(
                ("image/jpeg", "image/png", "image/webp", "image/gif", "image/avif"),
                (("image/svg+xml", "UNSUPPORTED_MEDIA"), ("", "UNSUPPORTED_MEDIA")),
            ),
            "bytes": number(1, limits.UPLOAD_BYTES_MAX, over="TOO_LARGE"),
        },
        makes=True,
    ),
    Entry(
        "createPin",
        PIN,
        {"boardId": "$board", "image": {"uploadId": "$new_upload"}, "title": "Fern"},
        ids={
            "boardId": MINE,
            "sectionId": PLACE,
            "image.pinId": Id("pin", theirs="INVALID", missing="INVALID"),
            "image.uploadId": Id("upload", theirs="NOT_FOUND"),
            "topicIds": TOPIC,
        },
        bounds={**PIN_WORDS, "image.url": PICTURE_AT, "idempotencyKey": text(128, 0)},
        again="CONFLICT",
        wins=1,
        full=Full(pin_writes, "BOARD_PINS_MAX"),
    ),
    Entry(
        "updatePin",
        "pin { id title }",
        {"pinId": "$pin", "title": "Fern"},
        ids={"pinId": Id("pin"), "topicIds": TOPIC},
        bounds=PIN_WORDS,
    ),
    Entry("deletePin", GONE, {"pinId": "$second"}, ids={"pinId": Id("pin")}, again="NOT_FOUND", wins=1),
    Entry(
        "hidePin",
        PIN,
        {"pinId": "$pin"},
        ids={"pinId": LOOKED_AT},
        full=Full(pin_writes, "HIDDEN_PINS_MAX", {"pinId": "$new_pin"}),
    ),
    Entry("unhidePin", PIN, {"pinId": "$pin"}, ids={"pinId": LOOKED_AT}),
    Entry(
        "savePin",
        BOARD,
        {"pinId": "$pin", "boardId": "$other", "note": "Oh"},
        ids={"pinId": LOOKED_AT, "boardId": MINE, "sectionId": PLACE},
        bounds={"note": text(500, 0)},
        full=Full(saves, "BOARD_PINS_MAX", {"pinId": "$new_pin"}),
    ),
    Entry("unsavePin", PIN, {"pinId": "$pin", "boardId": "$board"}, ids={"pinId": LOOKED_AT, "boardId": MINE}),
    Entry(
        "followUser",
        USER,
        {"userId": "$user"},
        ids={"userId": SOMEBODY},
        full=Full(follows, "USER_FOLLOWS_MAX", {"userId": "$new_person"}),
    ),
    Entry("unfollowUser", USER, {"userId": "$user"}, ids={"userId": SOMEBODY}),
    Entry(
        "followBoard",
        BOARD,
        {"boardId": "$board"},
        ids={"boardId": Id("board", theirs=None)},
        full=Full(follows, "USER_FOLLOWS_MAX", {"boardId": "$new_board"}),
    ),
    Entry("unfollowBoard", BOARD, {"boardId": "$board"}, ids={"boardId": Id("board", theirs=None)}),
    Entry(
        "blockUser",
        USER,
        {"userId": "$user"},
        ids={"userId": SOMEBODY},
        full=Full(blocks, "USER_BLOCKS_MAX", {"userId": "$new_person"}),
    ),
    Entry("unblockUser", USER, {"userId": "$user"}, ids={"userId": SOMEBODY}),
    Entry(
        "addComment",
        "comment { id }",
        {"pinId": "$pin", "text": "Oh"},
        ids={"pinId": LOOKED_AT},
        bounds={"text": text(500)},
        makes=True,
        full=Full(comments, "PIN_COMMENTS_MAX"),
    ),
    Entry(
        "deleteComment", GONE, {"commentId": "$comment"}, ids={"commentId": Id("comment")}, again="NOT_FOUND", wins=1
    ),
    Entry(
        "reportPin",
        PIN,
        {"pinId": "$pin", "kind": "SPAM"},
        ids={"pinId": LOOKED_AT},
        bounds={"text": text(500, 0)},
    ),
    Entry(
        "markNotificationsRead",
        "unreadCount",
        {"upTo": "$notification"},
        ids={"upTo": Id("notification", theirs="NOT_FOUND")},
    ),
    Entry(
        "updateNotificationPreferences",
        "preferences { kind inApp push }",
        {"preferences": [{"kind": "FOLLOWED", "inApp": False, "push": True}]},
        bounds={
            "preferences": Bound(
                ([], [{"kind": kind.value, "inApp": True, "push": True} for kind in NotificationKind]),
                (([{"kind": "FOLLOWED", "inApp": True, "push": True}] * 2, "INVALID"),),
            )
        },
    ),
    Entry(
        "addPushEndpoint",
        "endpoint { id } signingKey",
        {"url": "$new_hook"},
        bounds={
            "url": Bound(
                ("http://127.0.0.1:9/" + "x" * 2_029,), (("http://127.0.0.1:9/" + "x" * 2_030, "INVALID"), *NO_ADDRESS)
            )
        },
        again="TAKEN",
        wins=1,
        full=Full(endpoints, "PUSH_ENDPOINTS_MAX"),
    ),
    Entry(
        "removePushEndpoint",
        GONE,
        {"endpointId": "$endpoint"},
        ids={"endpointId": Id("endpoint", theirs="NOT_FOUND")},
        again="NOT_FOUND",
        wins=1,
    ),
    Entry(
        "recordEngagement",
        "accepted",
        {"events": [ACT]},
        ids={"events.pinId": Id("pin", theirs=None, missing=None)},
        bounds={
            "events": Bound(([], [ACT] * 500), (([ACT] * 501, "TOO_LARGE"),)),
            "events.at": Bound(
                (ago(seconds=86_340), ago(seconds=-240)),
                ((ago(seconds=86_460), "INVALID"), (ago(seconds=-360), "INVALID")),
            ),
            "events.dwellMs": number(0, 3_600_000),
            "events.feedCursor": Bound(("x", "x" * 10_000)),
        },
        makes=True,
    ),
    Entry(
        "createAccessToken",
        "token accessToken { id }",
        {"name": "A script", "scopes": ["READ"]},
        bounds={
            "name": text(60),
            "scopes": Bound((["READ"], ["WRITE", "READ", "WRITE"]), (([], "INVALID"),)),
            "expiresAt": Bound((ago(hours=-1),), ((ago(seconds=1), "INVALID"),)),
        },
        makes=True,
        full=Full(access_tokens, "ACCESS_TOKENS_MAX"),
    ),
    Entry(
        "revokeAccessToken",
        GONE,
        {"tokenId": "$token"},
        ids={"tokenId": Id("token", theirs="NOT_FOUND")},
        again="NOT_FOUND",
        wins=1,
    ),
    Entry(
        "changePassword",
        SESSION,
        {"currentPassword": "$password", "newPassword": "another-one-9"},
        bounds={"currentPassword": PROOF, "newPassword": PASSWORD},
        again="FORBIDDEN",
        wins=1,
        spends=True,
    ),
    Entry(
        "deleteAccount",
        GONE,
        {"password": "$password"},
        bounds={"password": PROOF},
        again="FORBIDDEN",
        wins=1,
        late="NOT_FOUND",
        spends=True,
    ),
    Entry("requestExport", "requestedAt"),
)
