"""Fields of forms that several apps have."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shop.pictures import FORMATS, NotAPicture, clean_picture

PICTURE_BYTES = 15 * 1024**2
ACCEPTED = ",".join(f"image/{kind.lower()}" for kind in FORMATS)


class PicturesInput(forms.ClearableFileInput):
    allow_multiple_selected = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"accept": ACCEPTED, **(attrs or {})})

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        return files.getlist(name) if hasattr(files, "getlist") else []


class PicturesField(forms.FileField):
    """Pictures, at most `most`; gives the bare pixels of each, as `clean_picture` does."""

    widget = PicturesInput

    def __init__(self, *, most: int, **options: Any) -> None:
        super().__init__(**options)
        self.most = most
        self.widget.attrs["multiple"] = most > 1

    def to_python(self, data: Any) -> Any:
        return data

    def clean(self, data: Any, initial: Any = None) -> list[bytes]:
        files = [file for file in data or [] if file is not None]
        if not files and self.required:
            raise forms.ValidationError(self.error_messages["required"])
        if len(files) > self.most:
            raise forms.ValidationError(
                _("Send at most %(most)d photos."), params={"most": self.most}
            )
        return [_bare(file) for file in files]


def _bare(file: Any) -> bytes:
    if file.size > PICTURE_BYTES:
        raise forms.ValidationError(
            _("%(name)s is larger than %(most)d MB."),
            params={"name": file.name, "most": PICTURE_BYTES // 1024**2},
        )
    try:
        return clean_picture(content=file.read())
    except NotAPicture as refusal:
        raise forms.ValidationError(f"{file.name}: {refusal.message}") from refusal
