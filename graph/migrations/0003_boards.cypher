// Boards as arranged by hand, whole and by section; only boards that were arranged have a pos on their saves.
CREATE INDEX holds_b_pos IF NOT EXISTS FOR ()-[h:HOLDS]-() ON (h.b, h.pos);
CREATE INDEX holds_b_s_pos IF NOT EXISTS FOR ()-[h:HOLDS]-() ON (h.b, h.sectionId, h.pos);
CREATE INDEX holds_secret_b_pos IF NOT EXISTS FOR ()-[h:HOLDS_SECRET]-() ON (h.b, h.pos);
CREATE INDEX holds_secret_b_s_pos IF NOT EXISTS FOR ()-[h:HOLDS_SECRET]-() ON (h.b, h.sectionId, h.pos);

// The trash: by id, by whose it is and when it came there, and by when it is emptied.
CREATE INDEX trashed_pin_id IF NOT EXISTS FOR (p:TrashedPin) ON (p.id);
CREATE INDEX trashed_pin_creator IF NOT EXISTS FOR (p:TrashedPin) ON (p.creatorN, p.trashedK);
CREATE INDEX trashed_pin_at IF NOT EXISTS FOR (p:TrashedPin) ON (p.trashedAt);
CREATE INDEX trashed_board_id IF NOT EXISTS FOR (b:TrashedBoard) ON (b.id);
CREATE INDEX trashed_board_owner IF NOT EXISTS FOR (b:TrashedBoard) ON (b.ownerN, b.trashedK);
CREATE INDEX trashed_board_at IF NOT EXISTS FOR (b:TrashedBoard) ON (b.trashedAt);
MATCH (p:TrashedPin) WHERE p.trashedK IS NULL SET p.trashedK = p.trashedAt * 1048576 + p.n % 1048576;
MATCH (b:TrashedBoard) WHERE b.trashedK IS NULL SET b.trashedK = b.trashedAt * 1048576 + b.n % 1048576;

CALL db.awaitIndexes(120);
