"""`python -m sidecar`: the same as the command `sidecar`.

Job: hand over to the command line.
Must not: do anything else.
"""

import sys

from sidecar.cli import main

if __name__ == "__main__":
    sys.exit(main())
