"""Logs are structured, and a request's id goes with it into tasks."""

import json
import logging

import pytest
import structlog
from celery import shared_task
from django.http import HttpResponse
from django.test import RequestFactory

from config.celery import app, bind_request_id, forget_request_id, send_request_id
from config.logs import logging_config
from shop.middleware import request_id


@pytest.fixture(autouse=True)
def clean_context():
    structlog.contextvars.clear_contextvars()
    yield
    structlog.contextvars.clear_contextvars()


def formatter():
    config = logging_config(level="INFO", as_json=True)["formatters"]["structured"]
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=config["foreign_pre_chain"], processors=config["processors"]
    )


def record(message, **more):
    return logging.makeLogRecord(
        {"name": "shop", "levelname": "INFO", "levelno": 20, "msg": message, **more}
    )


def test_a_line_is_json_and_carries_the_request_id():
    structlog.contextvars.bind_contextvars(request_id="abc12345")

    line = json.loads(formatter().format(record("hello")))

    assert (line["event"], line["level"], line["request_id"]) == (
        "hello",
        "info",
        "abc12345",
    )


def test_a_traceback_does_not_print_local_variables():
    try:
        password = "hunter2"  # noqa: F841
        raise ValueError("wrong")
    except ValueError as error:
        failure = record("failed", exc_info=(type(error), error, error.__traceback__))

    line = formatter().format(failure)

    assert "ValueError: wrong" in line
    assert "hunter2" not in line


@pytest.mark.parametrize(
    ("given", "kept"),
    [("proxy-id-0001", True), ("x" * 100, False), ("a\nb", False), ("", False)],
)
def test_a_request_id_is_taken_from_the_proxy_when_it_is_one(given, kept):
    seen = {}

    def view(request):
        seen.update(structlog.contextvars.get_contextvars())
        return HttpResponse()

    headers = {"X-Request-ID": given} if given else {}
    response = request_id(view)(RequestFactory().get("/", headers=headers))

    assert response["X-Request-ID"] == seen["request_id"]
    assert (response["X-Request-ID"] == given) is kept


def test_the_request_id_travels_in_a_tasks_headers():
    @shared_task(name="tests.nothing")
    def nothing():
        """Does nothing."""

    structlog.contextvars.bind_contextvars(request_id="abc12345")
    headers: dict = {}
    send_request_id(headers=headers)
    structlog.contextvars.clear_contextvars()
    task = app.tasks["tests.nothing"]
    task.push_request(**headers)
    bind_request_id(task=task, task_id="t-1")
    try:
        bound = structlog.contextvars.get_contextvars()
    finally:
        task.pop_request()
    forget_request_id()

    assert (bound["request_id"], bound["task_id"]) == ("abc12345", "t-1")
    assert structlog.contextvars.get_contextvars() == {}
