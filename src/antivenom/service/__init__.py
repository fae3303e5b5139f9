"""The review service: every upload reviewed, nothing lost, people decide.

Uploads arrive from feeds and by the API (`uploads`), workers review them (`worker`), verdicts are
kept for ever (`reviews`), and what wants a person's look becomes a case (`casework`). Our tables
are the record of truth; the queue engine behind `jobs` only says who works on what.
"""
