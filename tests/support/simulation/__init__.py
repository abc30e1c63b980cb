"""A world in one thread: machines, people, a network and collectors, all of it from one seed.

Job: run the real store, the real courier and the real policy through months of virtual time, and see after
each step that the promises of sharing hold.
Must not: sleep, draw from anything but the seed, or repeat a decision of the product.

    script    the steps of a seed           world     carries them out and lets months pass at the end
    home      one data directory            network   loss, delay, nonsense; two collectors
    faults    crashes, full disks           oracles   what must hold, whatever happened

`python -m tests.support.simulation SEED` replays a seed.
"""
