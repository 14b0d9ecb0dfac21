"""Every bound of the product that is not a setting, in one place. `docs/limits.md` lists them for people."""

from __future__ import annotations

from typing import Final

# Pages
PAGE_ITEMS_DEFAULT: Final = 25
PAGE_ITEMS_MAX: Final = 100
NODES_MAX: Final = 100
CURSOR_CHARS_MAX: Final = 8_192
SLATE_PINS_MAX: Final = 1_000
SLATE_LIFE_S: Final = 3_600

# Text
USERNAME_CHARS_MIN: Final = 3
USERNAME_CHARS_MAX: Final = 30
DISPLAY_NAME_CHARS_MAX: Final = 60
BIO_CHARS_MAX: Final = 500
EMAIL_CHARS_MAX: Final = 254
PASSWORD_CHARS_MIN: Final = 8
PASSWORD_CHARS_MAX: Final = 256
TITLE_CHARS_MAX: Final = 100
BOARD_TITLE_CHARS_MAX: Final = 100
DESCRIPTION_CHARS_MAX: Final = 800
ALT_TEXT_CHARS_MAX: Final = 500
LINK_CHARS_MAX: Final = 2_048
NOTE_CHARS_MAX: Final = 500
SEARCH_CHARS_MAX: Final = 200
SEARCH_TERMS_MAX: Final = 12
SUGGESTIONS_MAX: Final = 20
IDEMPOTENCY_KEY_CHARS_MAX: Final = 128
COMMENT_CHARS_MAX: Final = 500
REPORT_CHARS_MAX: Final = 500

# Graph
BOARD_PINS_MAX: Final = 10_000
USER_BOARDS_MAX: Final = 1_000
USER_FOLLOWS_MAX: Final = 10_000
BOARD_COLLABORATORS_MAX: Final = 50
PIN_TOPICS_MAX: Final = 10
USER_INTERESTS_MAX: Final = 100
VIEWER_SAVES_MAX: Final = 100
HIDDEN_PINS_MAX: Final = 10_000
PIN_COMMENTS_MAX: Final = 10_000
REPORTS_LISTED_MAX: Final = 100
EVENT_LIFE_DAYS: Final = 7
REQUEST_KEY_LIFE_HOURS: Final = 24

# Pictures
UPLOAD_BYTES_MAX: Final = 20 * 1024 * 1024
UPLOAD_LIFE_S: Final = 3_600
UPLOAD_KEPT_S: Final = 86_400
UPLOADS_SWEPT_MAX: Final = 2_000
PICTURE_PIXELS_MAX: Final = 50_000_000
PICTURE_SIDE_MAX: Final = 16_383
FULL_PIXELS_MAX: Final = 25_000_000
DECODER_BYTES_MAX: Final = 512 * 1024 * 1024
RENDITION_WIDTHS: Final = (236, 564, 1200)
CROP_SIDE_MIN: Final = 0.05
SIGNED_URL_LIFE_S: Final = 600
PUBLIC_PICTURE_MAX_AGE_S: Final = 86_400

# Sessions
ACCESS_TOKEN_LIFE_S: Final = 15 * 60
REFRESH_TOKEN_LIFE_S: Final = 30 * 86_400
LOG_IN_TRIES_MAX: Final = 10  # Wrong passwords for one account from one address, at once;
LOG_IN_TRY_EVERY_S: Final = 30  # then one more every so often.
LOG_IN_ADDRESS_TRIES_MAX: Final = 100  # The same for all accounts together.
LOG_IN_ADDRESS_TRY_EVERY_S: Final = 2

# Addresses that people give
FETCH_TIMEOUT_S: Final = 10
FETCH_REDIRECTS_MAX: Final = 3

# Worker
JOB_ATTEMPTS_MAX: Final = 5
JOB_LEASE_MS: Final = 60_000
EVENT_BATCH_MAX: Final = 500

# Walk and feeds
QUERY_PINS_MAX: Final = 20
WALK_BOARDS_MAX: Final = 3_000
WALK_QUERY_PINS_MAX: Final = 256
