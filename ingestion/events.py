"""What happened to files that came in."""

from typing import ClassVar

from shop.events import Event, Stream


class FileReceived(Event):
    """A file waits for its import."""

    type: ClassVar[str] = "ingestion_file.received"
    stream: ClassVar[Stream] = Stream.ANALYTICS


class FileCompleted(Event):
    """An import ended well. One event a file, not a row: `data` has the counts."""

    type: ClassVar[str] = "ingestion_file.completed"
    stream: ClassVar[Stream] = Stream.ANALYTICS


class FileUndone(Event):
    """What an import had written was taken back."""

    type: ClassVar[str] = "ingestion_file.undone"
    stream: ClassVar[Stream] = Stream.ANALYTICS
