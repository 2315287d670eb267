"""What follows, after the commit, when a file came in."""

from ingestion.events import FileReceived
from ingestion.tasks import import_file
from shop.events import receives


@receives(FileReceived)
def queue_import(event: FileReceived) -> None:
    """Harmless twice: two workers never do one chunk."""
    import_file.delay(file_id=str(event.entity_id))
