"""Ingest: from an accepted record to the disk, and back to the caller.

Job: stamp (week, bucket, model key, scrubbed words), queue, commit in groups, tell each caller.
Must not: know HTTP, or answer before the commit.
"""
