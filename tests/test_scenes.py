"""Cutting episodes into scenes, on strips and pages drawn here and on real pages."""

from __future__ import annotations

import io
import itertools
import json

import cv2
import numpy as np
import pytest
from PIL import Image

from webtoon_curate.faces import Scene
from webtoon_curate.scenes import PageProfile, choose_layout, cut, cutting

WIDTH = 690


def profiled(pixels: np.ndarray, bands: tuple[int, ...] = ()) -> PageProfile:
    page = PageProfile(pixels.shape[1], pixels.shape[0])
    for band in np.split(pixels, bands):
        page.add(band)
    return page


def boxes(scenes: list[Scene], kind: str = "panel") -> list[tuple[int, int, int, int]]:
    return [(s.x, s.y, s.x + s.width, s.y + s.height) for s in scenes if s.kind == kind]


def iou(a, b) -> float:
    x0, y0, x1, y1 = max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])
    both = max(x1 - x0, 0) * max(y1 - y0, 0)
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def recall(truth, found) -> float:
    return sum(any(iou(t, f) >= 0.7 for f in found) for t in truth) / len(truth)


def drawing(height: int, width: int, seed: int) -> np.ndarray:
    """A painted panel: soft patches of color, with ink lines over them, up to its edges."""
    rng = np.random.default_rng(seed)
    patches = rng.integers(0, 256, (height // 40 + 2, width // 40 + 2, 3), np.uint8)
    out = cv2.resize(patches, (width, height), interpolation=cv2.INTER_CUBIC)
    for _ in range(width * height // 8000):
        start, end = (tuple(int(v) for v in rng.integers(0, (width, height))) for _ in "ab")
        cv2.line(out, start, end, (20, 20, 30), 3)
    return out


def ground(kind: str, height: int, width: int = WIDTH) -> np.ndarray:
    top, bottom = {
        "white": ((255, 255, 255), (255, 255, 255)),
        "black": ((0, 0, 0), (0, 0, 0)),
        "tinted": ((196, 92, 140), (196, 92, 140)),
        "gradient": ((250, 240, 200), (40, 30, 90)),
    }[kind]
    share = np.linspace(0, 1, height)[:, None, None]
    rows = np.array(top) * (1 - share) + np.array(bottom) * share
    return np.broadcast_to(rows, (height, width, 3)).astype(np.uint8)


def strip(kind: str, gaps: tuple[int, ...], inset: int = 0, frame: int = 0):
    """Drawn panels with gutters of the given heights above, between and below; and their boxes."""
    parts, truth, y = [], [], 0
    for seed, gap in enumerate(gaps[:-1]):
        height = 200 + 130 * (seed % 4)
        panel = ground(kind, height).copy()
        if kind == "gradient":
            panel[:] = ground(kind, 2)[1]
        panel[:, inset : WIDTH - inset] = drawing(height, WIDTH - 2 * inset, seed)
        truth.append((inset, y + gap, WIDTH - inset, y + gap + height))
        parts += [ground(kind, gap), panel]
        y += gap + height
    pixels = np.concatenate([*parts, ground(kind, gaps[-1])])
    if frame:
        pixels[:, :frame] = pixels[:, -frame:] = (30, 60, 160)
    return pixels, truth


def files(pixels: np.ndarray, height: int, quality: int | None = None) -> list[PageProfile]:
    """The strip cut into files anywhere, as JPEG where a quality is given."""
    pages = [pixels[y : y + height] for y in range(0, len(pixels), height)]
    if quality is None:
        return [profiled(page) for page in pages]
    out = []
    for page in pages:
        data = io.BytesIO()
        Image.fromarray(page).save(data, "JPEG", quality=quality)
        out.append(profiled(np.asarray(Image.open(data))))
    return out


GAPS = (120, 30, 80, 24, 300, 60, 40)


@pytest.mark.parametrize("quality", [60, 90])
@pytest.mark.parametrize("kind", ["white", "black", "tinted", "gradient"])
def test_strip_is_cut_at_gutters_of_any_color(kind, quality):
    pixels, truth = strip(kind, GAPS, inset=30)
    found = boxes(cut(files(pixels, 800, quality), "strip"))
    assert recall(truth, found) == 1.0
    assert len(found) == len(truth)


@pytest.mark.parametrize("frame", [2, 9, 40])
def test_frame_down_the_sides_hides_no_gutter(frame):
    pixels, truth = strip("white", (80,) * 6, inset=60, frame=frame)
    found = boxes(cut(files(pixels, 1000, 85), "strip"))
    assert recall(truth, found) == 1.0


def test_thin_gutter_between_straight_edges_parts_panels():
    pixels, truth = strip("white", (50, 6, 5, 8, 50))
    assert recall(truth, boxes(cut(files(pixels, 700, 90), "strip"))) == 1.0


@pytest.mark.parametrize("height", [257, 640, 1111])
def test_scenes_do_not_depend_on_where_a_strip_was_cut_into_files(height):
    pixels, _ = strip("white", GAPS)
    assert cut(files(pixels, height), "strip") == cut([profiled(pixels)], "strip")


def test_strip_taken_page_by_page_gives_the_same_scenes(monkeypatch):
    pixels, _ = strip("black", GAPS * 2)
    whole = cut(files(pixels, 300), "strip")
    monkeypatch.setattr(cutting, "_BUFFER_PIXELS", 1)
    assert cut(iter(files(pixels, 300)), "strip") == whole


def test_file_of_another_width_starts_a_new_run():
    wide, narrow = drawing(400, 700, 1), drawing(300, 500, 2)
    found = boxes(cut([profiled(wide), profiled(narrow), profiled(narrow)], "strip"))
    assert found == [(0, 0, 700, 400), (0, 400, 500, 1000)]


def test_panels_side_by_side_in_a_strip_are_parted():
    pixels = ground("white", 900).copy()
    pixels[100:500, 20:330] = drawing(400, 310, 1)
    pixels[100:500, 350:670] = drawing(400, 320, 2)
    pixels[560:860, 20:670] = drawing(300, 650, 3)
    truth = [(20, 100, 330, 500), (350, 100, 670, 500), (20, 560, 670, 860)]
    found = boxes(cut([profiled(pixels)], "strip"))
    assert [round(iou(t, f), 1) for t, f in zip(truth, found)] == [1.0, 1.0, 1.0]


def test_very_long_scene_is_cut_at_weaker_gutters_only():
    pixels = np.concatenate([drawing(4000, WIDTH, 1), ground("white", 12), drawing(4000, WIDTH, 2)])
    pixels[4000:4012, :200] = 255
    assert len(cut([profiled(pixels)], "strip")) == 2
    assert len(cut([profiled(pixels[:4000])], "strip")) == 1


def page(gutter: int, color: tuple[int, int, int], quality: int = 80):
    """A comic page 800 x 1150: a wide panel, two beside each other, three beside each other."""
    pixels = np.full((1150, 800, 3), color, np.uint8)
    truth, y, seed = [], 40, 0
    for height, widths in ((300, [720]), (380, [300, 420]), (300, [200, 260, 260])):
        x = 40
        for width in widths:
            w = width - gutter
            pixels[y : y + height, x : x + w] = 20
            pixels[y + 2 : y + height - 2, x + 2 : x + w - 2] = drawing(height - 4, w - 4, seed)
            truth.append((x, y, x + w, y + height))
            x, seed = x + width, seed + 1
        y += height + gutter
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "JPEG", quality=quality)
    return np.asarray(Image.open(data)), truth


@pytest.mark.parametrize("color", [(255, 255, 255), (0, 0, 0), (240, 225, 190)])
@pytest.mark.parametrize("gutter", [5, 8, 24])
def test_page_is_cut_in_both_directions_in_reading_order(gutter, color):
    pixels, truth = page(gutter, color)
    found = boxes(cut([profiled(pixels)] * 2, "pages"))
    both = truth + [(a, b + 1150, c, d + 1150) for a, b, c, d in truth]
    assert [iou(t, f) >= 0.9 for t, f in zip(both, found, strict=True)] == [True] * 12


def test_what_a_closed_frame_holds_is_never_cut():
    pixels = np.full((1100, 800, 3), 255, np.uint8)
    for y in (50, 600):
        cv2.rectangle(pixels, (50, y), (750, y + 450), (0, 0, 0), 3)
        cv2.circle(pixels, (200, y + 225), 80, (0, 0, 0), 3)
        cv2.circle(pixels, (600, y + 225), 80, (0, 0, 0), 3)
    found = boxes(cut([profiled(pixels)], "pages"))
    assert recall([(50, 50, 750, 500), (50, 600, 750, 1050)], found) == 1.0
    assert len(found) == 2


def test_balloon_over_a_gutter_joins_its_panels():
    pixels, truth = page(24, (255, 255, 255))
    pixels = pixels.copy()
    cv2.ellipse(pixels, (400, 352), (90, 60), 0, 0, 360, (255, 255, 255), -1)
    cv2.ellipse(pixels, (400, 352), (90, 60), 0, 0, 360, (0, 0, 0), 3)
    found = boxes(cut([profiled(pixels)], "pages"))
    balloon = (310, 292, 490, 412)
    assert any(f[0] <= 310 and f[1] <= 292 and f[2] >= 490 and f[3] >= 412 for f in found), balloon
    assert recall(truth[3:], found) == 1.0


def face(pixels: np.ndarray, x: int, y: int, radius: int) -> None:
    """A face in thin ink on what is there."""
    r, ink = radius, (0, 0, 0)
    cv2.circle(pixels, (x, y), r, ink, 2)
    for side in (-1, 1):
        cv2.circle(pixels, (x + side * r // 3, y - r // 6), max(r // 7, 1), ink, -1)
    cv2.ellipse(pixels, (x, y + r // 2), (r // 4, r // 8), 0, 0, 180, ink, 2)


def lettering(lines: list[str], ink: int = 0, scale: float = 1.0) -> np.ndarray:
    out = np.full((60 + 44 * len(lines), WIDTH, 3), 255 - ink, np.uint8)
    for i, line in enumerate(lines):
        cv2.putText(out, line, (60, 70 + 44 * i), cv2.FONT_HERSHEY_COMPLEX, scale, (ink,) * 3, 2)
    return out


@pytest.mark.parametrize("ink", [0, 255])
def test_lettering_is_text(ink):
    words = lettering(["Meanwhile, on the other", "side of the old town", "gate ..."], ink)
    gap = np.full((80, WIDTH, 3), 255 - ink, np.uint8)
    pixels = np.concatenate([gap, drawing(300, WIDTH, 1), gap, words, gap, drawing(300, WIDTH, 2)])
    for layout in ("strip", "pages"):
        kinds = [scene.kind for scene in cut(files(pixels, len(pixels), 80), layout)]
        assert kinds == ["panel", "text", "panel"]


@pytest.mark.parametrize("radius", [12, 16, 30, 80, 300])
def test_a_face_drawn_alone_on_white_is_a_panel(radius):
    pixels = np.full((800, WIDTH, 3), 255, np.uint8)
    face(pixels, 340, 400, radius)
    for layout in ("strip", "pages", "images"):
        scenes = cut(files(pixels, 800, 85), layout)
        around = (340 - radius, 400 - radius, 340 + radius, 400 + radius)
        assert any(
            a <= around[0] + 2 and b <= around[1] + 2 and c >= around[2] - 2 and d >= around[3] - 2
            for a, b, c, d in boxes(scenes)
        )


def test_faces_beside_lettering_are_not_taken_for_text():
    pixels = lettering(["He said that nobody", "was at home today"])
    face(pixels, 620, 60, 30)
    assert all(scene.kind == "panel" for scene in cut([profiled(pixels)], "strip") if scene.x > 500)
    assert boxes(cut([profiled(pixels)], "images"))


def test_blank_pages_and_long_even_stretches_are_kept_as_blank():
    white = profiled(np.full((900, WIDTH, 3), 250, np.uint8))
    for layout in ("strip", "pages", "images"):
        assert cut([white], layout) == [Scene(0, 0, WIDTH, 900, "blank")]
    pixels, _ = strip("black", (50, 3 * WIDTH, 50))
    kinds = [scene.kind for scene in cut(files(pixels, 640), "strip")]
    assert kinds == ["panel", "blank", "panel"]


def test_images_are_one_scene_each_untrimmed():
    pixels, _ = page(24, (255, 255, 255))
    scenes = cut([profiled(pixels), profiled(drawing(300, 400, 1))], "images")
    assert scenes == [Scene(0, 0, 800, 1150), Scene(0, 1150, 400, 300)]


def test_strip_cut_anywhere_into_files_of_one_height_is_seen_as_strip():
    pixels, _ = strip("white", GAPS * 2, inset=20)
    assert choose_layout(files(pixels, 1100, 80)[:-1]) == "strip"


def test_files_cut_at_their_gutters_are_seen_as_strip():
    heights = (700, 1500, 900, 1200)
    parts = [np.full((h, WIDTH, 3), 255, np.uint8) for h in heights]
    for seed, part in enumerate(parts):
        part[60:-60] = drawing(len(part) - 120, WIDTH, seed)
    assert choose_layout([profiled(part) for part in parts]) == "strip"


def test_one_long_file_is_seen_as_strip():
    assert choose_layout([profiled(strip("white", GAPS)[0])]) == "strip"


@pytest.mark.parametrize("height", [1000, 10_000])
def test_thumbnail_and_ad_among_the_files_of_a_short_strip_leave_it_a_strip(height):
    strays = [profiled(drawing(164, 202, 8)), profiled(drawing(250, 300, 9))]
    assert choose_layout([*files(drawing(4300, WIDTH, 1), height), *strays]) == "strip"


def test_comic_pages_are_seen_as_pages():
    assert choose_layout([profiled(page(12, (255, 255, 255))[0])] * 5) == "pages"


def test_drawings_of_many_shapes_or_of_one_are_seen_as_images():
    shapes = [(600, 800), (900, 700), (512, 512), (1000, 640)]
    several = [profiled(drawing(h, w, i)) for i, (h, w) in enumerate(shapes)]
    square = [profiled(drawing(512, 512, i)) for i in range(6)]
    assert choose_layout(several) == choose_layout(square) == "images"
    assert choose_layout([]) == choose_layout(several[:1]) == "images"


def test_profile_does_not_depend_on_the_bands():
    pixels = drawing(700, 333, 5)
    whole, *others = (
        profiled(pixels, bands) for bands in ((), (1, 2, 3, 500), tuple(range(1, 700)), (256, 699))
    )
    for other, name in itertools.product(others, ("row_low", "row_high", "column_high", "color")):
        assert (getattr(other, name) == getattr(whole, name)).all()


def test_profile_of_the_longest_strip_stays_small():
    page = PageProfile(690, 200_000)
    tables = (page.row_low, page.row_high, page.column_low, page.column_high, page.color)
    assert sum(table.nbytes for table in tables) < 40e6


def test_profile_refuses_what_is_not_its_page():
    page = PageProfile(20, 30)
    for band in (np.zeros((5, 21, 3), np.uint8), np.zeros((31, 20, 3), np.uint8)):
        with pytest.raises(ValueError, match=r"20 wide|the page's 30"):
            page.add(band)
    page.add(np.zeros((29, 20, 3), np.uint8))
    with pytest.raises(ValueError, match="rows were added"):
        cut([page], "pages")


@pytest.mark.parametrize("layout", ["strip", "pages", "images"])
def test_degenerate_pages_are_cut_without_error(layout):
    rng = np.random.default_rng(0)
    sizes = [(1, 1), (1, 300), (300, 1), (17, 16), (5, 5), (400, 15)]
    pages = [profiled(rng.integers(0, 256, (h, w, 3), np.uint8)) for h, w in sizes]
    total = sum(h for h, _ in sizes)
    for scene in cut(pages, layout):
        assert scene.width > 0
        assert scene.height > 0
        assert 0 <= scene.y <= total - scene.height
    assert cut([], layout) == []


def test_faint_shades_without_ink_are_cut_without_error():
    shade = np.linspace(225, 255, WIDTH).astype(np.uint8)[None, :, None]
    pixels = np.broadcast_to(shade, (300, WIDTH, 3)).copy()
    for layout in ("strip", "pages", "images"):
        assert all(scene.kind != "text" for scene in cut([profiled(pixels)], layout))


def test_small_faces_above_lettering_are_not_taken_for_text():
    for x in range(200, 216, 3):
        pixels = np.full((500, WIDTH, 3), 255, np.uint8)
        words = lettering(["Nobody was at home"])
        pixels[300 : 300 + len(words)] = words
        face(pixels, x, 100, 18)
        found = boxes(cut(files(pixels, 500, 80), "pages"))
        assert any(a <= x - 17 and c >= x + 17 and b <= 83 and d >= 117 for a, b, c, d in found)


@pytest.mark.timeout(20)
def test_stripes_of_one_row_make_no_work():
    pixels = np.zeros((50_000, WIDTH, 3), np.uint8)
    pixels[::2] = 255
    assert len(cut([profiled(pixels)], "strip")) <= 1


def test_no_labelled_face_of_the_real_pages_is_cut(shared_data):
    root = shared_data / "pepper"
    labels = json.loads((root / "labels.json").read_text())["pages"]
    names = [n for n, r in labels.items() if r["role"] == "train" and r["faces"]][::4]
    for name in names:
        found = boxes(cut([profiled(np.asarray(Image.open(root / name).convert("RGB")))], "pages"))
        for record in labels[name]["faces"]:
            x0, y0, x1, y1 = record["box"]
            if record["group"] == "creature":
                continue
            shares = [
                max(min(x1, c) - max(x0, a), 0) * max(min(y1, d) - max(y0, b), 0)
                for a, b, c, d in found
            ]
            assert max(shares) >= 0.9 * (x1 - x0) * (y1 - y0), (name, record["box"])
