"""Other people's clients and audits, from npm, as programs that the tests start. A machine without Node skips them."""
