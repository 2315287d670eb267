"""The page that describes the API to people."""

import re

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


def test_the_api_page_runs_under_the_content_security_policy(client: Client):
    page = client.get(reverse("v1:docs"))
    body = page.content.decode()
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", body, re.DOTALL)
    own = re.search(r'src="(\?script[^"]*|/api[^"]*)"', body)

    assert "'unsafe-inline'" not in page.headers["Content-Security-Policy"]
    assert scripts
    assert all("src=" in attributes and not inside for attributes, inside in scripts)
    assert "<style" not in body
    assert own
    answer = client.get(own[1].replace("&amp;", "&"))
    assert answer.headers["Content-Type"].startswith("application/javascript")
    assert reverse("v1:schema") in answer.content.decode()
