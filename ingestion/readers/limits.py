"""How much a file may hold before it is an attack rather than a table."""

MIB = 1024 * 1024

# What a compressed file may unpack to. Text of shops packs 5 to 20 times; a bomb 1,000 times.
MAX_UNPACKED = 4 * 1024 * MIB
MAX_RATIO = 200
# Below this size any ratio is harmless: a short table of zeros packs very well.
RATIO_FREE = 64 * MIB

MAX_CELL = MIB
MAX_LINE = 4 * MIB
MAX_COLUMNS = 500

# A workbook's texts are held in memory while its rows stream by.
MAX_SHARED_TEXTS = 48 * MIB
MAX_WORKBOOK_PART = 16 * MIB
MAX_ARCHIVE_INDEX = 4 * MIB


def shown(size: int) -> str:
    """A size for a person: `48 MB`."""
    if size < 1024 * MIB:
        return f"{size // MIB} MB"
    return f"{size // (1024 * MIB)} GB"
