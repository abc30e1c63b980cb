"""Import: records that were written elsewhere, each stored exactly once.

Job: read a file of records or of foreign rows, name the row that is at fault, and send in batches.
Must not: store anything itself, or pass on a column that is no field of the schema.
"""
