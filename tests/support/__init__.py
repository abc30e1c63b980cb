"""What tests share: a real daemon, a caller, made-up feedback, and an independent recount.

Job: be imported by tests as `tests.support.<name>`.
Must not: hold a test, or copy a decision of the product; what it checks, it works out by itself.
"""
