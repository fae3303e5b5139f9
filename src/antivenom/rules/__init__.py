"""The rule book: read its pages, match them on facts, keep them honest.

`page` reads one Markdown page, `language` its match expression, `book` all pages at once,
`match` finds which rules hold for a list of facts, `reason` says it to a moderator, `lint` checks
that every page means what it says, `index` writes the table of rules and attacks for people.
"""
