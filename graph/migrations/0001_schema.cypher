// What is unique. Numbers (n) are used by queries, ids are seen by clients.
CREATE CONSTRAINT user_id IF NOT EXISTS FOR (x:User) REQUIRE x.id IS UNIQUE;
CREATE CONSTRAINT user_n IF NOT EXISTS FOR (x:User) REQUIRE x.n IS UNIQUE;
CREATE CONSTRAINT user_username IF NOT EXISTS FOR (x:User) REQUIRE x.usernameKey IS UNIQUE;
CREATE CONSTRAINT user_email IF NOT EXISTS FOR (x:User) REQUIRE x.email IS UNIQUE;
CREATE CONSTRAINT user_ext IF NOT EXISTS FOR (x:User) REQUIRE x.ext IS UNIQUE;
CREATE CONSTRAINT board_id IF NOT EXISTS FOR (x:Board) REQUIRE x.id IS UNIQUE;
CREATE CONSTRAINT board_n IF NOT EXISTS FOR (x:Board) REQUIRE x.n IS UNIQUE;
CREATE CONSTRAINT board_ext IF NOT EXISTS FOR (x:Board) REQUIRE x.ext IS UNIQUE;
CREATE CONSTRAINT pin_id IF NOT EXISTS FOR (x:Pin) REQUIRE x.id IS UNIQUE;
CREATE CONSTRAINT pin_n IF NOT EXISTS FOR (x:Pin) REQUIRE x.n IS UNIQUE;
CREATE CONSTRAINT pin_ext IF NOT EXISTS FOR (x:Pin) REQUIRE x.ext IS UNIQUE;
CREATE CONSTRAINT topic_id IF NOT EXISTS FOR (x:Topic) REQUIRE x.id IS UNIQUE;
CREATE CONSTRAINT topic_n IF NOT EXISTS FOR (x:Topic) REQUIRE x.n IS UNIQUE;
CREATE CONSTRAINT topic_slug IF NOT EXISTS FOR (x:Topic) REQUIRE x.slug IS UNIQUE;
CREATE CONSTRAINT section_id IF NOT EXISTS FOR (x:Section) REQUIRE x.id IS UNIQUE;
CREATE CONSTRAINT picture_sha256 IF NOT EXISTS FOR (x:Picture) REQUIRE x.sha256 IS UNIQUE;
CREATE CONSTRAINT picture_key IF NOT EXISTS FOR (x:Picture) REQUIRE x.key IS UNIQUE;
CREATE CONSTRAINT upload_id IF NOT EXISTS FOR (x:Upload) REQUIRE x.id IS UNIQUE;
CREATE CONSTRAINT session_hash IF NOT EXISTS FOR (x:Session) REQUIRE x.hash IS UNIQUE;
CREATE CONSTRAINT request_key IF NOT EXISTS FOR (x:Request) REQUIRE x.key IS UNIQUE;
CREATE CONSTRAINT event_id IF NOT EXISTS FOR (x:Event) REQUIRE x.id IS UNIQUE;
CREATE CONSTRAINT job_id IF NOT EXISTS FOR (x:Job) REQUIRE x.id IS UNIQUE;
CREATE CONSTRAINT worker_name IF NOT EXISTS FOR (x:Worker) REQUIRE x.name IS UNIQUE;

// Saves: a Pin is once on a Board; pages of a Board, of a Pin, of a section.
CREATE CONSTRAINT holds_bp IF NOT EXISTS FOR ()-[h:HOLDS]-() REQUIRE (h.b, h.p) IS UNIQUE;
CREATE INDEX holds_b_k IF NOT EXISTS FOR ()-[h:HOLDS]-() ON (h.b, h.k);
CREATE INDEX holds_p_k IF NOT EXISTS FOR ()-[h:HOLDS]-() ON (h.p, h.k);
CREATE INDEX holds_b_s_k IF NOT EXISTS FOR ()-[h:HOLDS]-() ON (h.b, h.sectionId, h.k);
CREATE CONSTRAINT holds_secret_bp IF NOT EXISTS FOR ()-[h:HOLDS_SECRET]-() REQUIRE (h.b, h.p) IS UNIQUE;
CREATE INDEX holds_secret_b_k IF NOT EXISTS FOR ()-[h:HOLDS_SECRET]-() ON (h.b, h.k);
CREATE INDEX holds_secret_p_k IF NOT EXISTS FOR ()-[h:HOLDS_SECRET]-() ON (h.p, h.k);
CREATE INDEX holds_secret_b_s_k IF NOT EXISTS FOR ()-[h:HOLDS_SECRET]-() ON (h.b, h.sectionId, h.k);

// Follows by who and whom; a topic's Pins by time.
CREATE CONSTRAINT follows_st IF NOT EXISTS FOR ()-[f:FOLLOWS]-() REQUIRE (f.s, f.t) IS UNIQUE;
CREATE INDEX follows_t_k IF NOT EXISTS FOR ()-[f:FOLLOWS]-() ON (f.t, f.k);
CREATE INDEX follows_s_k IF NOT EXISTS FOR ()-[f:FOLLOWS]-() ON (f.s, f.k);
CREATE INDEX about_t_k IF NOT EXISTS FOR ()-[a:ABOUT]-() ON (a.t, a.k);

// Order and work.
CREATE INDEX pin_creator_k IF NOT EXISTS FOR (p:Pin) ON (p.creatorN, p.k);
CREATE INDEX pin_k IF NOT EXISTS FOR (p:Pin) ON (p.k);
CREATE INDEX pin_look IF NOT EXISTS FOR (p:Pin) ON (p.lookVersion);
CREATE INDEX pin_text_version IF NOT EXISTS FOR (p:Pin) ON (p.textVersion);
CREATE INDEX board_last IF NOT EXISTS FOR (b:Board) ON (b.lastAt);
CREATE INDEX event_seq IF NOT EXISTS FOR (e:Event) ON (e.seq);
CREATE INDEX event_at IF NOT EXISTS FOR (e:Event) ON (e.at);
CREATE INDEX job_due IF NOT EXISTS FOR (j:Job) ON (j.kind, j.state, j.runAt);
CREATE INDEX job_pin IF NOT EXISTS FOR (j:Job) ON (j.p);
CREATE INDEX request_at IF NOT EXISTS FOR (r:Request) ON (r.at);
CREATE INDEX session_family IF NOT EXISTS FOR (s:Session) ON (s.family);
CREATE INDEX session_expires IF NOT EXISTS FOR (s:Session) ON (s.expiresAt);
CREATE INDEX upload_expires IF NOT EXISTS FOR (u:Upload) ON (u.expiresAt);
CREATE INDEX trashed_pin IF NOT EXISTS FOR (p:TrashedPin) ON (p.n);
CREATE INDEX trashed_board IF NOT EXISTS FOR (b:TrashedBoard) ON (b.n);

// Words: the two shadow properties are folded and stemmed by us, so the analyzer only splits at spaces.
CREATE FULLTEXT INDEX pin_text IF NOT EXISTS FOR (p:Pin) ON EACH [p.folded, p.stemmed]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace', `fulltext.eventually_consistent`: true}};
CREATE FULLTEXT INDEX board_text IF NOT EXISTS FOR (b:Board) ON EACH [b.folded, b.stemmed]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace', `fulltext.eventually_consistent`: true}};
CREATE FULLTEXT INDEX user_text IF NOT EXISTS FOR (u:User) ON EACH [u.folded, u.stemmed]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace', `fulltext.eventually_consistent`: true}};

CALL db.awaitIndexes(120);
