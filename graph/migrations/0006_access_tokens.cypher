// Personal access tokens, of which the graph keeps hashes; archives that people asked for; accounts that are going.
CREATE CONSTRAINT access_token_id IF NOT EXISTS FOR (x:AccessToken) REQUIRE x.id IS UNIQUE;
CREATE CONSTRAINT access_token_hash IF NOT EXISTS FOR (x:AccessToken) REQUIRE x.hash IS UNIQUE;
CREATE CONSTRAINT export_id IF NOT EXISTS FOR (x:Export) REQUIRE x.id IS UNIQUE;
CREATE INDEX export_state IF NOT EXISTS FOR (x:Export) ON (x.state);
CREATE CONSTRAINT leaving_n IF NOT EXISTS FOR (x:LeavingUser) REQUIRE x.n IS UNIQUE;
CREATE INDEX leaving_board_n IF NOT EXISTS FOR (x:LeavingBoard) ON (x.n);
