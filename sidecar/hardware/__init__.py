"""What class of machine the models run on.

Job: give the coarse bucket that stands beside a rating, and say in plain words how it came about.
Must not: keep or hand on a serial number, a name of the machine or its user, a path, or a model of a part.
"""

from sidecar.hardware.bucket import Gpu, Hardware, bucket
from sidecar.hardware.probe import detect

__all__ = ["Gpu", "Hardware", "bucket", "detect"]
