"""Who asks, and what they may do: accounts, sessions, tokens, roles, limits.

Everything that comes in passes `middleware`, which finds out who it is; `guards` say what a route
needs. Roles are sets of scopes, and a token holds fewer of its owner's, never more.
"""
