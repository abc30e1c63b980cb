"""Builds the scrubber's vocabulary: hashes of what public runtimes write in their own sources.

Job: read literals and names out of package archives, and pack their hashes.
Must not: be imported by the product, download anything, or keep a text of others.
"""
