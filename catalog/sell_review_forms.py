"""Shapes of what a shop's people write about reviews."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from catalog.models import ReportReason
from catalog.services.reviews import LONGEST_ANSWER, LONGEST_REPORT


class AnswerForm(forms.Form):
    """seen: the answer that is changed."""

    seen = forms.CharField(required=False, strip=False, widget=forms.HiddenInput)
    answer = forms.CharField(
        max_length=LONGEST_ANSWER,
        label=_("Answer of the shop"),
        help_text=_("Everybody reads it below the review."),
        widget=forms.Textarea({"rows": 4}),
        error_messages={"required": _("Write the answer first.")},
    )


class ReportForm(forms.Form):
    reason = forms.ChoiceField(
        choices=ReportReason.choices, label=_("What is wrong with it")
    )
    words = forms.CharField(
        required=False,
        max_length=LONGEST_REPORT,
        label=_("What else the market should know (optional)"),
        widget=forms.Textarea({"rows": 3}),
    )
