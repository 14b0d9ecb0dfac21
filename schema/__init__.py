"""What clients see: GraphQL types, arguments, payloads and limits. May import resolvers and everything below it."""
