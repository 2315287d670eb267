from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """Keyset pages: the last page costs what the first does, and nothing is counted."""

    ordering = "-id"
    page_size_query_param = "page_size"
    max_page_size = 200
