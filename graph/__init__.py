"""The property graph over Bolt, which is the truth: Cypher, transactions, visibility. Imports `domain` only."""
