"""The part of `contract_table.py` about what people do with each other and with their accounts."""

from __future__ import annotations

from typing import Final

from domain.notices import NotificationKind
from graph import (
    access_tokens,
    blocks,
    comments,
    endpoints,
    follows,
)
from tests.services.schema.contract import Bound, Entry, Full, Id, ago, number, text
from tests.services.schema.contract_bounds import (
    ACT,
    BOARD,
    GONE,
    LOOKED_AT,
    NO_ADDRESS,
    PASSWORD,
    PIN,
    PROOF,
    SESSION,
    SOMEBODY,
    USER,
)

PEOPLE: Final = (
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
