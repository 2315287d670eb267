"""Files in a folder and in a bucket, the latter over the real S3 protocol."""

import json
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
from config.object_storage import picture_sources, storages
from shop import health
from shop.health import Level

BUCKET = "soko"
EVERYBODY_READS_PUBLIC = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/public/*",
        }
    ],
}


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
    client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(EVERYBODY_READS_PUBLIC))
    return env


def test_bucket_keeps_a_file_and_gives_it_back(bucket, tmp_path):
    storage = open_storage(bucket, "private", tmp_path)

    name = storage.save("uploads/orders.csv", ContentFile(b"a,b\n1,2\n"))

    assert storage.exists(name)
    with storage.open(name) as file:
        assert file.read() == b"a,b\n1,2\n"
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

    with storage.open(first) as one, storage.open(second) as other:
        assert (one.read(), other.read()) == (b"first", b"second")


def test_without_a_bucket_files_go_to_the_folder(tmp_path):
    storage = open_storage(environment(), "private", tmp_path)

    name = storage.save("a.txt", ContentFile(b"x"))

    assert (tmp_path / "private" / name).read_bytes() == b"x"


def test_public_files_have_an_address_below_media(tmp_path):
    storage = open_storage(environment(), "default", tmp_path)

    assert storage.url("p/a.webp") == "/media/public/p/a.webp"


# ------------------------------------------------------------------ where browsers look
PICTURES = "https://pictures.example.com"


def bucket_at(**given: str) -> Environment:
    return environment(s3_bucket=BUCKET, s3_access_key="k", s3_secret_key="s", **given)


@pytest.mark.parametrize(
    ("given", "url", "origin"),
    [
        (
            {"s3_endpoint_url": "http://minio:9000"},
            "http://minio:9000/soko/public/p/a%20b.webp",
            "http://minio:9000",
        ),
        (
            {
                "s3_endpoint_url": "http://minio:9000",
                "s3_public_url": f"{PICTURES}/soko/",
            },
            f"{PICTURES}/soko/public/p/a%20b.webp",
            PICTURES,
        ),
        (
            {"s3_region": "eu-west-1"},
            "https://soko.s3.eu-west-1.amazonaws.com/public/p/a%20b.webp",
            "https://soko.s3.eu-west-1.amazonaws.com",
        ),
    ],
    ids=["endpoint", "public address", "AWS"],
)
def test_pictures_have_the_public_address_and_pages_may_show_them(
    tmp_path, given, url, origin
):
    env = bucket_at(**given)

    assert open_storage(env, "default", tmp_path).url("p/a b.webp") == url
    assert picture_sources(env) == [origin]


def test_private_files_are_asked_for_where_they_were_signed(tmp_path):
    env = bucket_at(s3_endpoint_url="http://minio:9000", s3_public_url=PICTURES)

    address = open_storage(env, "private", tmp_path).url("invoice.pdf")

    assert address.startswith("http://minio:9000/soko/private/invoice.pdf?")


def test_without_a_bucket_pages_show_no_other_origin():
    assert picture_sources(environment(s3_public_url=PICTURES)) == []


def test_picture_opens_at_its_public_address(bucket, tmp_path):
    storage = open_storage(bucket, "default", tmp_path)
    name = storage.save("a.txt", ContentFile(b"picture"))

    assert urlopen(storage.url(name)).read() == b"picture"


# ------------------------------------------------------------------ the doctor
@pytest.fixture
def examined(bucket, settings, tmp_path):
    """Examine the public storage, with these variables besides the bucket's."""

    def examine(**given: str):
        env = bucket.model_copy(update=given)
        settings.STORAGES = settings.STORAGES | storages(env, tmp_path, "media/")
        return health.storage("default")

    return examine


def test_doctor_reads_a_picture_as_a_browser_would(examined):
    assert examined().level == Level.OK


def test_doctor_names_what_to_mend_when_a_bucket_cannot_be_written(examined):
    finding = examined(s3_bucket="missing")

    assert finding.level == Level.ERROR
    assert "S3_BUCKET" in finding.mend


def test_doctor_sees_a_public_address_that_shows_nothing(examined, s3_url):
    finding = examined(s3_public_url=f"{s3_url}/another")

    assert finding.level == Level.WARNING
    assert "S3_PUBLIC_URL" in finding.mend
    assert "/another/public/" in finding.message


def test_doctor_sees_pictures_that_pages_of_https_do_not_show(examined, settings):
    settings.SITE_URL = "https://shop.example"

    assert examined().level == Level.WARNING
