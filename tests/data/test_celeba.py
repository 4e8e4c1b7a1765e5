"""CelebA from a folder of its layout: generated images, and whatever can be wrong with it."""

import numpy as np
import pytest
from PIL import Image

from perturbtheory.data import EIGHT, DataError, celeba

COUNT, WIDTH, HEIGHT = 24, 20, 26
NAMES = ["5_o_Clock_Shadow", *EIGHT, "Big_Nose"]
SIGNS = np.random.default_rng(0).choice([-1, 1], (COUNT, len(NAMES)))


def pixels(number):
    """A square of one colour in the middle of a frame of another."""
    image = np.full((HEIGHT, WIDTH, 3), 9, np.uint8)
    image[7:19, 4:16] = [number, 10 * number, 200]
    return image


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "img_align_celeba").mkdir()
    lines = [str(COUNT), " ".join(NAMES) + " "]
    for number in range(COUNT):
        name = f"{number + 1:06}.png"
        Image.fromarray(pixels(number)).save(tmp_path / "img_align_celeba" / name)
        lines.append(name + " " + " ".join(f"{sign:2}" for sign in SIGNS[number]))
    (tmp_path / "list_attr_celeba.txt").write_text("\n".join(lines) + "\n")
    return tmp_path


def read(folder, **options):
    return celeba(folder, **{"crop": 12, "size": 3} | options)


def test_images_and_attributes(folder):
    found = read(folder)
    # 24 x 162,770 / 202,599 = 19.28 and 24 x 182,637 / 202,599 = 21.64
    assert [len(part) for part in found.images] == [19, 2, 3]
    assert [len(part) for part in found.attributes] == [19, 2, 3]
    whole = np.concatenate(found.images)
    assert (whole.shape, whole.dtype) == ((COUNT, 3, 3, 3), np.uint8)
    expected = np.stack([pixels(n)[12, 10] for n in range(COUNT)])
    np.testing.assert_array_equal(whole, np.broadcast_to(expected[:, None, None], whole.shape))
    columns = [NAMES.index(name) for name in EIGHT]
    np.testing.assert_array_equal(np.concatenate(found.attributes), SIGNS[:, columns] == 1)
    assert found.names == EIGHT
    assert not found.images.train.flags.writeable
    assert str(folder) in found.source


def test_pixels_are_averaged(folder):
    """Half of each outer pixel is frame; rows and columns are averaged, and rounded, in turn."""
    found = read(folder, crop=16, size=4).images.train[5]
    square, frame = pixels(5)[12, 10].astype(float), 9
    np.testing.assert_array_equal(found[1, 1], square)
    np.testing.assert_allclose(found[0, 1], (square + frame) / 2, atol=0.5)
    np.testing.assert_allclose(found[0, 0], (square + 3 * frame) / 4, atol=1.0)


def test_choice(folder):
    found = read(folder, attributes=("Big_Nose", "Male"), limit=10)
    assert found.names == ("Big_Nose", "Male")
    expected = SIGNS[:10, [len(NAMES) - 1, NAMES.index("Male")]] == 1
    np.testing.assert_array_equal(np.concatenate(found.attributes), expected)
    assert [len(part) for part in found.images] == [8, 1, 1]


def replaced(folder, line, change):
    path = folder / "list_attr_celeba.txt"
    lines = path.read_text().splitlines()
    lines[line] = change(lines[line])
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize(
    ("line", "change", "message"),
    [
        (0, lambda s: "no number", "does not begin with a line of one number"),
        (0, lambda s: "25", "has 24 images where its first line says 25"),
        (6, lambda s: s.rsplit(" ", 1)[0], "has 9 attributes instead of 10 in line 7"),
        (6, lambda s: s + " 1", "has 11 attributes instead of 10 in line 7"),
        (6, lambda s: "", "has 0 attributes instead of 10 in line 7"),
        (6, lambda s: s.replace("-1", "0"), "has no file and numbers 1 and -1 in line 7"),
        (6, lambda s: "../" + s, "has no file and numbers 1 and -1 in line 7"),
    ],
)
def test_lists_of_another_form(folder, line, change, message):
    replaced(folder, line, change)
    with pytest.raises(DataError, match=rf"list_attr_celeba.txt {message}"):
        read(folder)


def test_what_is_missing(folder):
    with pytest.raises(DataError, match=r"none is missing; get img_align_celeba.zip and "):
        read(folder / "none")
    image = folder / "img_align_celeba" / "000003.png"
    image.unlink()
    with pytest.raises(DataError, match=r"000003.png is missing, which list_attr_celeba.txt names"):
        read(folder)
    (folder / "list_attr_celeba.txt").unlink()
    with pytest.raises(DataError, match=r"list_attr_celeba.txt is missing"):
        read(folder)
    (folder / "img_align_celeba").rename(folder / "other")
    with pytest.raises(DataError, match=r"img_align_celeba is missing"):
        read(folder)


def test_images_that_cannot_be_read(folder):
    image = folder / "img_align_celeba" / "000003.png"
    image.write_bytes(image.read_bytes()[:60])
    with pytest.raises(DataError, match=r"000003.png cannot be read: "):
        read(folder)
    image.write_bytes(b"text")
    with pytest.raises(DataError, match=r"000003.png cannot be read: UnidentifiedImageError"):
        read(folder)


def test_list_that_is_no_text(folder):
    (folder / "list_attr_celeba.txt").write_bytes(b"\xff\xfe1\n")
    with pytest.raises(DataError, match=r"list_attr_celeba.txt cannot be read: UnicodeDecodeError"):
        read(folder)


def test_too_few(folder):
    path = folder / "list_attr_celeba.txt"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(["5", *lines[1:7]]) + "\n")
    with pytest.raises(DataError, match="has 5 images, too few for three splits"):
        read(folder)


def test_small_images(folder):
    with pytest.raises(DataError, match=r"000001.png has 20 x 26 pixels, fewer than `crop`, 148"):
        celeba(folder)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 13}, "`size` must be at most `crop`, 12, got 13"),
        ({"size": 0}, "`size` must be a positive integer"),
        ({"crop": 2.5}, "`crop` must be a positive integer"),
        ({"limit": 9}, "`limit` must be an integer of at least 10"),
        ({"attributes": ("Male", "Bald")}, "`attributes` must be different names of .* Male, Bald"),
        ({"attributes": ("Male", "Male")}, "`attributes` must be different names of .* Male, Male"),
        ({"attributes": ()}, "`attributes` must be different names of .* got none; it has 5_o"),
    ],
)  # fmt: skip
def test_arguments(folder, options, message):
    with pytest.raises(ValueError, match=message):
        read(folder, **options)
