"""The Neo4j server of one machine: pinned jars on a wheel's Java, a program of its own. May import `domain`."""
