"""Follow values from where they come from to where they go.

An abstract machine runs the package from its roots: it evaluates what is constant (`fold`), knows
what known functions do (`analysis.api`), carries taints from sources to sinks, and gives every
fact the activation it was reached with. It never runs anything: unknown values stay unknown, both
arms of an unknown branch are taken, and every step counts against a budget.
"""
