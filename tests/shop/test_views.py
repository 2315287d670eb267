"""What programs ask for without reading a page."""

from django.contrib.staticfiles import finders
from PIL import Image


def test_favicon_leads_to_the_icon_and_is_kept_for_a_day(client):
    answer = client.get("/favicon.ico")

    assert (answer.status_code, answer.url) == (302, "/static/shop/icon.ico")
    assert answer["Cache-Control"] == "public, max-age=86400"
    assert "Cookie" not in answer.get("Vary", "")
    with Image.open(finders.find("shop/icon.ico")) as icon:
        assert icon.info["sizes"] == {(16, 16), (32, 32), (48, 48)}


def test_robots_may_read_the_shop_window_and_nothing_of_a_visitor(client):
    lines = client.get("/robots.txt").content.decode().splitlines()

    closed = {line.split()[1] for line in lines if line.startswith("Disallow:")}
    assert lines[0] == "User-agent: *"
    assert {"/admin/", "/account/", "/accounts/", "/api/", "/cart/"} <= closed
    assert not any(
        path in {"/", "/p/", "/c/", "/static/", "/media/"} for path in closed
    )
