// Comments on Pins, newest first, and those of one person; what people report of Pins.
CREATE CONSTRAINT comment_id IF NOT EXISTS FOR (x:Comment) REQUIRE x.id IS UNIQUE;
CREATE INDEX comment_pin_k IF NOT EXISTS FOR (c:Comment) ON (c.pinN, c.k);
CREATE INDEX comment_pin_author IF NOT EXISTS FOR (c:Comment) ON (c.pinN, c.authorN);
CREATE CONSTRAINT report_id IF NOT EXISTS FOR (x:Report) REQUIRE x.id IS UNIQUE;
CREATE CONSTRAINT report_once IF NOT EXISTS FOR (x:Report) REQUIRE (x.byN, x.pinN) IS UNIQUE;
CREATE INDEX report_state_k IF NOT EXISTS FOR (r:Report) ON (r.state, r.k);
CREATE INDEX taken_down_pin IF NOT EXISTS FOR (p:TakenDownPin) ON (p.n);
