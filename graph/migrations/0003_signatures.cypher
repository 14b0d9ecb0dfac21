// What near signatures are found by (graph/bands.py). Pictures from before have no signatures of their crops.
MATCH (i:Picture) WHERE i.bands IS NULL
CALL (i) {
  SET i.bands = reduce(all = '', at IN range(0, 20) |
    all + CASE WHEN at = 0 THEN '' ELSE ' ' END
    + 'w' + right('0' + toString(at), 2) + substring(i.perceptualHash, 3 * at, 3)), i.crops = []
} IN TRANSACTIONS OF 1000 ROWS;
CREATE FULLTEXT INDEX picture_bands IF NOT EXISTS FOR (i:Picture) ON EACH [i.bands]
OPTIONS {indexConfig: {`fulltext.analyzer`: 'whitespace', `fulltext.eventually_consistent`: true}};
CALL db.awaitIndexes(120);
