"""The HTTP interface: guard, routes, problems.

Job: let the right callers in, decode, hand over, encode.
Must not: decide what feedback means, or touch the database but through the intake and the reader.
"""
