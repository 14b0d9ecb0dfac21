"""GraphiQL as it is served: built by `web/graphiql/build.mjs`, which see. Imports nothing."""
