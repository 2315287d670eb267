"""The ways to refuse a file, or a wish about one, each in a sentence for a person."""

from collections.abc import Iterable

from shop.errors import DomainError


class UnreadableFile(DomainError):
    """Not a table that can be opened; the message says what is wrong with it."""

    code = "unreadable_file"


class WrongColumns(DomainError):
    """The heading is not one that the importer knows."""

    code = "wrong_columns"


class UnknownKind(DomainError):
    code = "unknown_kind"

    def __init__(self, kind: str, known: Iterable[str]) -> None:
        super().__init__(
            f"There is no importer called “{kind}”. Known are: "
            + ", ".join(sorted(known))
            + "."
        )


class NoShop(DomainError):
    """The importer needs a shop, and none was named or could be made."""

    code = "no_shop"


class UploadGone(DomainError):
    """The uploaded file itself is no longer kept."""

    code = "upload_gone"

    def __init__(self, filename: str) -> None:
        super().__init__(
            f"The upload “{filename}” is no longer kept. Upload the file again."
        )


class UndoRefused(DomainError):
    """An import cannot be taken back; the message names what stands in the way."""

    code = "undo_refused"


class NothingToCorrect(DomainError):
    code = "nothing_to_correct"

    def __init__(self, filename: str) -> None:
        super().__init__(f"No row of “{filename}” was refused.")
