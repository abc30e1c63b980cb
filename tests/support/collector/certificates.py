"""Certificates of an authority that nobody trusts but the test.

Job: one file with key and chain for each kind of collector; the authority's own for who should trust it.
Must not: touch what the machine trusts.
"""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import trustme


class Authority:
    """One authority; its files stand in a folder of the test."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._authority = trustme.CA()
        self.trusted = folder / "authority.pem"
        self._authority.cert_pem.write_to_path(self.trusted)

    def issue(self, *names: str, ended: timedelta | None = None) -> Path:
        """A key and its chain for these names, by default of this machine; `ended` so long ago."""
        end = datetime.now(UTC) - ended if ended else None
        start = end - timedelta(days=1) if end else None
        issued = self._authority.issue_cert(
            *(names or ("localhost", "127.0.0.1")), not_before=start, not_after=end
        )
        path = self._folder / f"{len(list(self._folder.iterdir()))}.pem"
        issued.private_key_and_cert_chain_pem.write_to_path(path)
        return path
