"""The nouns of Antivenom: what the stages pass to each other, and nothing that does work.

`coordinate` and `artifact` name an upload, `tree` is what unpacking gives, `label` says when a
member runs, `program` is code in one form for every language, `fact` is one observation,
`profile` is all observations of one artifact, `review` is the judgement.
"""
