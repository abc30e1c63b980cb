"""The outbox: fills and sends batches, as far as the consent goes.

Job: seal what a lane may share (packer), and carry each step that the policy names out (courier).
Must not: decide what may leave (`share`), keep anything (`store`), or open a connection itself (`egress`).
"""
