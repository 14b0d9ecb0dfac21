// Which model's vectors are read: one fact for each space.
CREATE CONSTRAINT space_kind IF NOT EXISTS FOR (s:Space) REQUIRE s.kind IS UNIQUE;
