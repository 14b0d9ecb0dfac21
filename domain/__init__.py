"""The nouns of Pinwalk: values, errors, events and bounds. Imports the standard library only."""
