"""Product files: the words that a product declares for itself.

Job: read `products.d/NAME.toml` strictly, and say what a product has declared.
Must not: let a declared word into the closed lists, where it counts for its own product only; or allow an
origin: a file proposes it, and the user decides.

    product_id  = "acme-chat"          # the file's name when left out
    models      = ["acme-7b-tuned"]    # at most 64
    tasks       = ["x_ticket_triage"]  # at most 32, each begins with x_
    error_codes = ["x_bad_ticket"]     # at most 64, each begins with x_
    variants    = ["prompt-v2"]        # at most 8
    origins     = ["app://acme-chat"]  # at most 8, proposed for pairing

    [[destinations]]                   # at most 4, proposed for counts; the product's own words may go there
"""

from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from sidecar import origins
from sidecar.destinations import Destination
from sidecar.errors import ConfigError
from sidecar.records import IDENTIFIER, MODEL, OWN_WORD

FOLDER: Final = "products.d"
MAX_FILE_BYTES: Final = 64 * 1024  # the longest lists fit four times

_Identifier = Annotated[str, Meta(pattern=IDENTIFIER)]
_Own = Annotated[str, Meta(pattern=OWN_WORD)]


class Product(Struct, frozen=True, eq=False, forbid_unknown_fields=True):
    """What one product declares; one object for each time its file was read, so that it hashes at once."""

    product_id: _Identifier = ""
    models: Annotated[tuple[Annotated[str, Meta(pattern=MODEL)], ...], Meta(max_length=64)] = ()
    tasks: Annotated[tuple[_Own, ...], Meta(max_length=32)] = ()
    error_codes: Annotated[tuple[_Own, ...], Meta(max_length=64)] = ()
    variants: Annotated[tuple[_Identifier, ...], Meta(max_length=8)] = ()
    origins: Annotated[tuple[str, ...], Meta(max_length=8)] = ()
    destinations: Annotated[tuple[Destination, ...], Meta(max_length=4)] = ()


NO_PRODUCT: Final = Product()


def read_product(path: Path) -> Product:
    """One product file.

    Raises:
        ConfigError: it cannot be read, or declares what it must not.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ConfigError(f"{path.name} is larger than {MAX_FILE_BYTES // 1024} KiB")
        declared = msgspec.toml.decode(path.read_bytes(), type=Product)
    except (OSError, UnicodeDecodeError, RecursionError) as fault:
        raise ConfigError(f"{path.name} cannot be read as TOML") from fault
    except msgspec.DecodeError as fault:
        # The file is the user's own and local, so its fault may be named as msgspec words it.
        raise ConfigError(f"{path.name}: {fault}") from fault
    for reason in filter(None, map(origins.fault, declared.origins)):
        raise ConfigError(f"{path.name}: `origins`: {reason}")
    if declared.product_id:
        return declared
    return msgspec.structs.replace(declared, product_id=path.stem)


class Products:
    """The product files of some folders, read again when one of them changes.

    A product is often installed while the daemon runs; a word that nobody declared is rare, so that is when
    the folders are looked at again.

    Attributes:
        faults: what is wrong with files that were left out.
        readings: how often they were read; a larger number may mean other words.
    """

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders
        self._seen: tuple[tuple[str, int], ...] = ()
        self._products: dict[str, Product] = {}
        self.faults: list[str] = []
        self.readings = 0
        self.refresh()

    def of(self, product_id: str | None) -> Product:
        """What a product has declared; nothing, for one without a file."""
        return self._products.get(product_id or "", NO_PRODUCT)

    def declares(self, product_id: str | None, listed: str, word: str) -> bool:
        """Whether a product's list has this word, looking at the folders again before saying no.

        Args:
            product_id: whose file.
            listed: name of the list, a field of `Product`.
            word: the `x_` word.
        """
        if word in getattr(self.of(product_id), listed):
            return True
        return self.refresh() and word in getattr(self.of(product_id), listed)

    def all_declared(self, listed: str) -> list[str]:
        """Every word that some product declares in this list, for the published schema."""
        return sorted({word for product in self._products.values() for word in getattr(product, listed)})

    def proposed_destinations(self) -> list[tuple[str, Destination]]:
        """Product id and destination, in the order of the ids."""
        return [
            (id_, each) for id_, product in sorted(self._products.items()) for each in product.destinations
        ]

    def proposed_origins(self) -> dict[str, list[str]]:
        """Origin -> the ids of the products that propose it, both in order."""
        found: dict[str, list[str]] = {}
        for product_id, product in sorted(self._products.items()):
            for origin in dict.fromkeys(product.origins):
                found.setdefault(origin, []).append(product_id)
        return dict(sorted(found.items()))

    def refresh(self) -> bool:
        """Read the folders again if a file changed; a faulty file is left out and named in `faults`."""
        found = [path for folder in self._folders for path in sorted(folder.glob("*.toml"))]
        files = [path for path in found if path.is_file()]  # a pipe of that name would be waited for
        seen = tuple((str(path), path.stat().st_mtime_ns) for path in files)
        if seen == self._seen:
            return False
        products: dict[str, Product] = {}
        faults: list[str] = []
        for path in files:
            try:
                product = read_product(path)
            except ConfigError as fault:
                faults.append(fault.detail)
                continue
            products.setdefault(product.product_id, product)
        self._seen, self._products, self.faults = seen, products, faults
        self.readings += 1
        return True
