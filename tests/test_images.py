"""Pictures are decoded right, in bounded memory, or refused with a plain reason."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
import threading

import hostile
import numpy as np
import psutil
import pytest
from PIL import Image, ImageOps

from webtoon_curate import images
from webtoon_curate.errors import ImageError
from webtoon_curate.images import decode, encode, open_image, probe

LOSSLESS = ("PNG", "WEBP", "BMP", "TIFF")
ALL = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "BMP", "TIFF")


def picture(width=61, height=83):
    """A smooth picture with every hue, so that lossy formats stay close."""
    y, x = np.mgrid[:height, :width]
    return np.stack(
        [x * 255 / width, y * 255 / height, 255 - (x + y) * 255 / (width + height)], -1
    ).astype(np.uint8)


def saved(image, format, **options):
    if isinstance(image, np.ndarray):
        image = Image.fromarray(image)
    if format == "WEBP":
        options = {"lossless": True, "exact": True, **options}
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def by_pillow(data):
    """The oracle: Pillow's colors, on white, upright."""
    image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(ground, image.convert("RGBA"))
    return np.asarray(image.convert("RGB"))


def assert_close(one, other, most=1):
    assert one.shape == other.shape
    assert one.dtype == np.uint8
    assert np.abs(one.astype(int) - other).max() <= most


@pytest.mark.parametrize("format", ALL)
def test_colors_agree_with_pillow(format):
    data = saved(picture(), format)
    info = probe(data)
    assert (info.width, info.height, info.format) == (61, 83, format)
    assert_close(decode(data), by_pillow(data))


@pytest.mark.parametrize("format", LOSSLESS)
def test_lossless_formats_give_the_pixels_back(format):
    assert np.array_equal(decode(saved(picture(), format)), picture())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF"])
def test_exif_rotation_is_applied(format, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = saved(picture(), format, exif=exif)
    expected = by_pillow(data)
    assert probe(data).width == expected.shape[1]
    assert_close(decode(data), expected)


def modes():
    rgb = Image.fromarray(picture())
    alpha = Image.fromarray(picture()[..., 0])
    rgba = rgb.copy()
    rgba.putalpha(alpha)
    palette = rgb.quantize(16)
    deep = (np.arange(61 * 83, dtype=np.uint32).reshape(83, 61) * 13 % 65536).astype(np.uint16)
    yield "grey png", saved(rgb.convert("L"), "PNG")
    yield "grey jpeg", saved(rgb.convert("L"), "JPEG")
    yield "grey and alpha", saved(rgba.convert("LA"), "PNG")
    yield "alpha png", saved(rgba, "PNG")
    yield "alpha webp", saved(rgba, "WEBP")
    yield "alpha avif", saved(rgba, "AVIF")
    yield "alpha tiff", saved(rgba, "TIFF")
    yield "palette png", saved(palette, "PNG")
    yield "transparent palette png", saved(palette, "PNG", transparency=3)
    yield "half transparent palette", saved(palette, "PNG", transparency=bytes(range(0, 256, 16)))
    yield "transparent gif", saved(palette, "GIF", transparency=3)
    yield "transparent color png", saved(rgb, "PNG", transparency=tuple(picture()[5, 7].tolist()))
    yield "one bit", saved(rgb.convert("1"), "PNG")
    yield "one bit tiff", saved(rgb.convert("1"), "TIFF")
    yield "cmyk tiff", saved(rgb.convert("CMYK"), "TIFF")
    yield "cmyk jpeg of Adobe", saved(rgb.convert("CMYK"), "JPEG")
    yield "progressive", saved(rgb, "JPEG", progressive=True)
    yield "444", saved(rgb, "JPEG", subsampling="4:4:4")
    yield "deep grey", saved(Image.fromarray(deep), "PNG")


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in modes()])
def test_every_kind_of_sample(data):
    expected = by_pillow(data)
    image = Image.open(io.BytesIO(data))
    if image.mode.startswith("I;16"):  # which Pillow clips, where 16 bits should become 8
        expected = np.repeat((np.asarray(image) >> 8).astype(np.uint8)[..., None], 3, 2)
    assert_close(decode(data), expected, most=2)


def test_deep_color_keeps_its_high_bits():
    cv2 = pytest.importorskip("cv2")
    deep = (picture().astype(np.uint16) << 8) + 77
    data = cv2.imencode(".png", deep[..., ::-1])[1].tobytes()
    assert np.array_equal(decode(data), picture())


@pytest.mark.parametrize("format", ["GIF", "WEBP", "AVIF", "TIFF", "PNG"])
def test_first_frame_of_several(format):
    frames = [Image.new("RGB", (20, 10), color) for color in ("red", "blue", "green")]
    lossless = {} if format != "AVIF" else {"quality": 100}
    data = saved(frames[0], format, save_all=True, append_images=frames[1:], **lossless)
    assert_close(decode(data), np.asarray(frames[0]), most=6)


@pytest.mark.parametrize("format", ALL)
def test_bands_in_any_order_are_the_whole(format, tmp_path):
    path = tmp_path / "page"
    path.write_bytes(saved(picture(), format))
    whole = decode(path)
    with open_image(path) as image:
        for y, rows in ((0, 10), (10, 10), (40, 43), (5, 70), (82, 1), (0, 83), (3, 0)):
            assert np.array_equal(image.read(y, rows), whole[y : y + rows])
        with pytest.raises(ValueError, match="rows 80 to 84"):
            image.read(80, 4)


def test_a_name_that_is_no_utf8_or_looks_like_options(tmp_path):
    for name in (b"\xff\xfe.png", "페이지[1].png".encode(), b"a[page=2,shrink=4].png"):
        path = tmp_path / name.decode("utf-8", "surrogateescape")
        path.write_bytes(saved(picture(), "PNG"))
        assert np.array_equal(decode(path), picture())


def test_a_type_lie_is_decoded_by_its_content(tmp_path):
    path = tmp_path / "page.jpg"
    path.write_bytes(saved(picture(), "PNG"))
    assert probe(path).format == "PNG"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>404", "HTML page"),
        (b"\xef\xbb\xbf\n<HTML>", "HTML page"),
        (b"<?xml version='1.0'?><svg/>", "SVG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "PostScript"),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04....", "zip"),
        (b"\0\0\0\x18ftypheic....", "HEIC is not supported; save it as PNG or JPEG"),
        (b"\xff\x0a....", "JPEG XL is not supported"),
        (bytes(100), "zeros"),
        (b"hello", "unknown format"),
    ],
)
def test_what_is_no_picture_is_refused_by_name(data, reason):
    with pytest.raises(ImageError, match=reason):
        decode(data)


@pytest.mark.parametrize("name", hostile.TRUNCATED)
def test_truncated_pictures_are_refused(name):
    data = hostile.TRUNCATED[name]()
    with pytest.raises(ImageError, match="damaged or truncated"):
        decode(data)


@pytest.mark.parametrize("name", hostile.HUGE_HEADERS)
def test_huge_headers_are_refused_unread(name):
    with pytest.raises(ImageError, match=r"pixels|million|longer|damaged"):
        probe(hostile.HUGE_HEADERS[name]())


def test_flipped_bits_never_escape_as_anything_but_an_image_error():
    rng = np.random.default_rng(0)
    for format in ALL:
        data = saved(picture(120, 160), format)
        for _ in range(60):
            damaged = bytearray(data)
            damaged[rng.integers(len(data))] ^= 1 << int(rng.integers(8))
            try:
                decoded = decode(bytes(damaged))
            except ImageError as error:
                assert "object at" not in str(error)
                assert "\n" not in str(error)
            else:
                if format == "PNG":  # its checksums see every flip that matters
                    assert np.array_equal(decoded, picture(120, 160))


def test_harmless_flaws_of_real_jpegs_are_read():
    data = saved(picture(), "JPEG")
    start = data.index(b"\xff\xda")
    flawed = {
        "end of spectrum 0": data[: start + 12] + b"\0" + data[start + 13 :],
        "padding before a marker": data[:start] + b"\0\0\0" + data[start:],
        "rubbish after the end": data + b"rubbish" * 99,
        "broken EXIF": data[:2] + b"\xff\xe1\x00\x10Exif\0\0garbage!" + data[2:],
    }
    for name, flaw in flawed.items():
        assert np.array_equal(decode(flaw), decode(data)), name


def test_a_flaw_of_one_picture_does_not_excuse_the_next():
    data = saved(picture(), "JPEG")
    start = data.index(b"\xff\xda")
    lost = data[:-40] + data[-2:]  # the last samples are missing, the end is there
    with pytest.raises(ImageError, match="premature end"):
        decode(lost)
    decode(data[:start] + b"\0\0\0" + data[start:])
    with pytest.raises(ImageError, match="premature end"):
        decode(lost)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_samples_that_are_missing_in_the_last_rows_are_noticed(mode):
    data = saved(Image.fromarray(picture()).convert(mode), "JPEG")
    with pytest.raises(ImageError, match="premature end of data segment"):
        decode(data[:-6] + data[-2:])


def jpegs():
    rgb = Image.fromarray(picture())
    for progressive in (False, True):
        name = "progressive" if progressive else "baseline"
        yield name, saved(rgb, "JPEG", progressive=progressive)
        yield f"{name} grey", saved(rgb.convert("L"), "JPEG", progressive=progressive)
    yield "restarts", saved(rgb, "JPEG", restart_marker_rows=1)
    yield "thumbnail", saved(rgb, "JPEG", exif=b"Exif\0\0" + saved(rgb, "JPEG"), progressive=True)


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in jpegs()])
def test_a_jpeg_is_read_with_all_its_pixels_or_not_at_all_wherever_it_is_cut(data):
    whole = decode(data)
    for missing in (1, 2):
        assert np.array_equal(decode(data[:-missing]), whole)
    read = 0
    for size in (*range(100, len(data) - 30, 29), *range(len(data) - 30, len(data) - 2)):
        try:
            decoded = decode(data[:size])
        except ImageError as error:
            assert "damaged or truncated" in str(error)
        else:
            read += 1
            assert np.array_equal(decoded, whole)
    assert read < 4  # what was cut was padding of the last byte


def test_a_jpeg_without_end_is_read_from_a_file_in_bands(tmp_path):
    path = tmp_path / "page.jpg"
    path.write_bytes(saved(picture(), "JPEG")[:-2])
    with open_image(path) as image:
        parts = [image.read(y, min(20, 83 - y)) for y in range(0, 83, 20)]
    assert np.array_equal(np.concatenate(parts), decode(saved(picture(), "JPEG")))


def test_nothing_is_said_on_stderr(tmp_path):
    """Decoders in C write to file descriptor 2 themselves, so this needs a process of its own."""
    for name, make in {**hostile.TRUNCATED, **hostile.HUGE_HEADERS, **hostile.FLIPPED}.items():
        (tmp_path / name).write_bytes(make())
    code = (
        "import pathlib, sys\n"
        "from webtoon_curate.images import decode\n"
        "from webtoon_curate.errors import ImageError\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):\n"
        "    try:\n        decode(path)\n"
        "    except ImageError:\n        pass\n"
    )
    run = subprocess.run(
        [sys.executable, "-W", "always", "-c", code, tmp_path], capture_output=True, timeout=60
    )
    assert (run.returncode, run.stderr) == (0, b"")


def test_what_must_be_held_at_once_is_bounded(monkeypatch):
    monkeypatch.setattr(images, "WHOLE_BYTES", 61 * 83 * 4)
    decode(saved(picture(), "JPEG"))
    for data in (
        saved(picture(), "JPEG", progressive=True),
        saved(picture(), "WEBP"),
        saved(picture(), "GIF"),
        hostile.interlaced_png(picture()),
    ):
        with pytest.raises(ImageError, match="at most"):
            open_image(data)


def test_a_refused_picture_is_closed(tmp_path):
    path = tmp_path / "large.bmp"
    Image.new("RGB", (1, 1)).save(path)
    header = bytearray(path.read_bytes())
    header[18:26] = struct.pack("<ii", 12_000, 4_000)
    path.write_bytes(header)
    with pytest.raises(ImageError, match="million pixels") as refused:
        probe(path)
    assert refused.traceback  # which keeps all that was open alive
    assert str(path) not in {file.path for file in psutil.Process().open_files()}


def test_closing_twice_is_closing_once(tmp_path):
    image = open_image(encode(np.zeros((2, 2, 3), np.uint8)))
    gif = tmp_path / "1.gif"
    Image.new("RGB", (1, 1)).save(gif)
    for opened in (image, open_image(gif)):
        opened.close()
        opened.close()


def test_what_is_wrong_with_a_picture_is_not_told_of_another_threads(monkeypatch):
    """libvips keeps it in one place for all; it is taken from there when an error is made of it."""
    from pyvips import vregion

    whole = saved(hostile.drawing(200, 300), "JPEG")
    warned, read = threading.Event(), threading.Event()
    fetch = vregion.Region.fetch

    class Slow(vregion.Error):
        def __init__(self, *about):
            warned.set()
            read.wait(0.3)
            super().__init__(*about)

    def refused():
        with pytest.raises(ImageError):
            decode(whole[:-200])

    other = threading.Thread(target=refused)

    def meanwhile(region, *place):
        if threading.current_thread() is not other:
            other.start()
            warned.wait(0.3)
        return fetch(region, *place)

    monkeypatch.setattr(vregion, "Error", Slow)
    monkeypatch.setattr(vregion.Region, "fetch", meanwhile)
    assert decode(whole).shape == (300, 200, 3)
    read.set()
    other.join()


def test_interlaced_png():
    assert np.array_equal(decode(hostile.interlaced_png(picture())), picture())


def test_encoding_is_lossless_and_repeatable():
    crop = picture()[::2, ::-1]
    assert np.array_equal(decode(encode(crop)), crop)
    assert encode(crop) == encode(crop.copy())
    assert np.array_equal(decode(encode(crop, "WEBP")), crop)
    assert_close(decode(encode(picture(), "JPEG")), picture(), most=12)
