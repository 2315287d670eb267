"""Files in a folder and in a bucket, the latter over the real S3 protocol."""

from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import Storage
from django.core.files.storage import storages as django_storages
from moto.server import ThreadedMotoServer

from config.environment import Environment
from config.object_storage import storages

BUCKET = "soko"


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def environment(**given: str) -> Environment:
    return Environment(
        database_url="postgresql://u@localhost/x",
        redis_url="redis://localhost",
        cache_url="redis://localhost",
        secret_key="x" * 40,
        **given,
    )


def open_storage(env: Environment, name: str, root: Path) -> Storage:
    return django_storages.create_storage(storages(env, root, "media/")[name])


@pytest.fixture
def bucket(s3_url: str) -> Environment:
    env = environment(
        s3_endpoint_url=s3_url,
        s3_bucket=BUCKET,
        s3_access_key="key",
        s3_secret_key="secret",
    )
    client = boto3.client(
        "s3",
        endpoint_url=s3_url,
        aws_access_key_id="key",
        aws_secret_access_key="secret",
        region_name="us-east-1",
    )
    client.create_bucket(Bucket=BUCKET)
    return env


def test_bucket_keeps_a_file_and_gives_it_back(bucket, tmp_path):
    storage = open_storage(bucket, "private", tmp_path)

    name = storage.save("uploads/orders.csv", ContentFile(b"a,b\n1,2\n"))

    assert storage.exists(name)
    assert storage.open(name).read() == b"a,b\n1,2\n"
    storage.delete(name)
    assert not storage.exists(name)


def test_private_address_is_signed_and_opens(bucket, tmp_path):
    storage = open_storage(bucket, "private", tmp_path)
    name = storage.save("invoice.pdf", ContentFile(b"%PDF"))

    address = storage.url(name)

    assert "Signature=" in address
    assert urlopen(address).read() == b"%PDF"


def test_a_second_file_of_one_name_does_not_overwrite_the_first(bucket, tmp_path):
    storage = open_storage(bucket, "default", tmp_path)

    first = storage.save("same.txt", ContentFile(b"first"))
    second = storage.save("same.txt", ContentFile(b"second"))

    assert (storage.open(first).read(), storage.open(second).read()) == (
        b"first",
        b"second",
    )


def test_without_a_bucket_files_go_to_the_folder(tmp_path):
    storage = open_storage(environment(), "private", tmp_path)

    name = storage.save("a.txt", ContentFile(b"x"))

    assert (tmp_path / "private" / name).read_bytes() == b"x"


def test_public_files_have_an_address_below_media(tmp_path):
    storage = open_storage(environment(), "default", tmp_path)

    assert storage.url("p/a.webp") == "/media/public/p/a.webp"
