"""What can be asked and done: one plain async function per field or action.

May import discovery, loaders, events, graph, vectors, media and domain.
"""
