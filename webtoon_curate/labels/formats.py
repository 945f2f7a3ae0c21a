"""Label files of other programs: CSV, COCO and Label Studio JSON, read and written.

All carry the same: a box, the group, the character's name, tags, and whether the face is no face or
is to be left out. CSV has boxes in episode pixels, the other two in pixels of the page's picture,
which they name `title/episode/page`.

What models say of faces of which nobody spoke is marked as such: in `model_group` beside the group,
and in Label Studio as a prediction. It comes back as somebody's word only if it was changed there,
or submitted.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from webtoon_curate.errors import CurateError
from webtoon_curate.labels.coco_scenes import is_scene, scene_label
from webtoon_curate.labels.events import GENDERS, box_of
from webtoon_curate.labels.file_label import FileLabel, name_of, tags_of, tags_text

FORMATS = ("csv", "coco", "label-studio")
FACE = "face"
NOT_A_FACE = "not_a_face"
MODEL_GROUP = "model_group"
_WORDS = {
    "_".join(part for part in (gender, glasses) if part): (gender or None, known)
    for gender in ("", *GENDERS)
    for glasses, known in (("", None), ("glasses", True), ("no_glasses", False))
}
_COLUMNS = (
    *("face_id", "title", "episode", "x", "y", "width", "height", "group", "character", "tags"),
    *("keep", "who", "time", MODEL_GROUP),
)
_DELIMITERS = ",;\t"
"""Of CSV: spreadsheets write semicolons where numbers have commas."""
_KEEP = {"": None, **dict.fromkeys(("true", "yes", "1"), True)}
_KEEP |= dict.fromkeys(("false", "no", "0"), False)
"""Of CSV: spreadsheets and people write it in their own ways."""


def word_of(gender: str | None, glasses: bool | None) -> str:
    """The word for what is known of a face.

    Example:
        >>> word_of("woman", False), word_of("man", None), word_of(None, None)
        ('woman_no_glasses', 'man', 'face')
    """
    parts = (gender, None if glasses is None else "glasses" if glasses else "no_glasses")
    return "_".join(part for part in parts if part) or FACE


def meaning(word: str) -> tuple[str | None, bool | None]:
    """Gender and glasses of a word of `word_of`.

    Raises:
        CurateError: if it is none; the message names the groups.
    """
    plain = word.strip().casefold().replace(" ", "_").replace("-", "_")
    if plain in (FACE, NOT_A_FACE):
        return None, None
    if plain not in _WORDS:
        raise CurateError(
            f"{word!r} is no group; the groups are woman_no_glasses, man_no_glasses, "
            "woman_glasses, man_glasses and unknown; face where none is said, not_a_face for errors"
        )
    return _WORDS[plain]


def format_of(path: Path, given: str | None = None) -> str:
    """The format of a label file: as given, else by its name and, of JSON, by its content.

    Raises:
        CurateError: if neither tells.
    """
    if given is not None:
        return given
    if path.suffix.lower() in (".csv", ".tsv"):
        return "csv"
    if path.suffix.lower() == ".json":
        if not path.exists():
            raise CurateError(
                f"JSON can be COCO or Label Studio: say --format coco or label-studio for {path}"
            )
        return "label-studio" if isinstance(_json(path), list) else "coco"
    raise CurateError(f"{path.name} tells no format; say --format {', '.join(FORMATS)}")


def read_labels(path: Path, format: str) -> Iterator[FileLabel]:
    """The labels in a file.

    Raises:
        CurateError: if the file is not of that format; the message says where.
    """
    try:
        yield from {"csv": _read_csv, "coco": _read_coco, "label-studio": _read_studio}[format](
            path
        )
    except (LookupError, TypeError, ValueError, OverflowError, AttributeError, csv.Error) as error:
        raise CurateError(
            f"{path} is no {format} file of labels ({type(error).__name__}: {error}); "
            "see what `webtoon-curate label export` writes"
        ) from error


def write_labels(path: Path, format: str, labels: Iterable[FileLabel]) -> int:
    """Write labels to a file of that format; how many they were."""
    from webtoon_curate.files import replacing

    writer = {"csv": _csv_text, "coco": _coco_text, "label-studio": _studio_text}[format]
    listed = list(labels)
    with replacing(path) as part:
        part.write_text(writer(listed), encoding="utf-8")
    return len(listed)


def _read_csv(path: Path) -> Iterator[FileLabel]:
    text = _text(path)
    header = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    names = set(reader.fieldnames or ())
    places = names >= {"title", "episode", "x", "y", "width", "height"}
    if "group" not in names or not (places or "face_id" in names):
        raise CurateError(
            f"{path} needs a header with group, and with face_id or title, episode, x, y, width "
            f"and height; it has: {', '.join(reader.fieldnames or ()) or 'nothing'}"
        )
    for row in reader:
        numbers = [row.get(name) or "" for name in ("x", "y", "width", "height")]
        keep = (row.get("keep") or "").strip().casefold()
        told = _boxed(numbers) if any(numbers) else {}
        if keep not in _KEEP:
            told["problem"] = f"keep is true, false or empty, not {keep!r}"
        yield FileLabel(
            where=f"line {reader.line_num}",
            word=_news(row["group"], row.get(MODEL_GROUP)),
            face_id=row.get("face_id") or None,
            title=row.get("title") or None,
            episode=row.get("episode") or None,
            character=row.get("character") or None,
            tags=tags_of(row.get("tags")),
            keep=_KEEP.get(keep),
            **told,
        )


def _news(word: str | None, guess: Any) -> str:
    """The word of a file; `face`, which says nothing, where it is still the model's."""
    return FACE if not word or word == guess else word


def _boxed(values: Any) -> dict[str, Any]:
    """The box of a row, or why it is none: one bad row does not refuse the file."""
    try:
        return {"box": box_of(values)}
    except CurateError as error:
        return {"problem": str(error)}


def _csv_text(labels: list[FileLabel]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for label in labels:
        keep = "" if label.keep is None else str(label.keep).lower()
        box = [f"{number:.9g}" for number in label.box or ()]
        told = (label.character or "", tags_text(label.tags), keep)
        said = (label.who, label.time, label.guess or "")
        where = (label.face_id, label.title, label.episode, *box)
        writer.writerow((*where, label.word, *told, *said))
    return out.getvalue()


def _read_coco(path: Path) -> Iterator[FileLabel]:
    coco = _json(path)
    images = {image["id"]: image for image in coco["images"]}
    words = {category["id"]: str(category["name"]) for category in coco["categories"]}
    for annotation in coco["annotations"]:
        where = f"annotation {annotation.get('id')}"
        image = images.get(annotation.get("image_id"))
        word = words.get(annotation.get("category_id"))
        if image is None or word is None:
            problem = "its image_id or category_id is none of the file"
            yield FileLabel(where, FACE, problem=problem)
            continue
        if is_scene(image):
            yield scene_label(annotation, image, word, words.values())
            continue
        told = annotation.get("attributes") or {}
        yield FileLabel(
            where=where,
            word=_news(word, told.get(MODEL_GROUP)),
            face_id=told.get("face_id"),
            picture=str(image["file_name"]),
            **_boxed(annotation.get("bbox")),
            character=name_of(told.get("character")),
            tags=tags_of(told.get("tags")),
            keep=told["keep"] if isinstance(told.get("keep"), bool) else None,
        )


def _coco_text(labels: list[FileLabel]) -> str:
    words = sorted({FACE, *(word for word in _WORDS if word), *(x.word for x in labels)})
    categories = {word: number for number, word in enumerate(words, 1)}
    sizes = {label.picture: label.size for label in labels}
    images = {picture: number for number, picture in enumerate(sizes, 1)}
    annotations = []
    for number, label in enumerate(labels, 1):
        x, y, width, height = label.page_box or (0, 0, 0, 0)
        annotations.append(
            {
                "id": number,
                "image_id": images[label.picture],
                "category_id": categories[label.word],
                "bbox": [x, y, width, height],
                "area": width * height,
                "iscrowd": 0,
                "attributes": {
                    "face_id": label.face_id,
                    "character": label.character or "",
                    "tags": tags_text(label.tags),
                    **({} if label.keep is None else {"keep": label.keep}),
                    **({} if label.guess is None else {MODEL_GROUP: label.guess}),
                },
            }
        )
    coco = {
        "info": {"description": "faces, by webtoon-curate label export"},
        "categories": [{"id": number, "name": word} for word, number in categories.items()],
        "images": [
            {"id": images[picture], "file_name": picture, "width": size[0], "height": size[1]}
            for picture, size in sizes.items()
        ],
        "annotations": annotations,
    }
    return json.dumps(coco, ensure_ascii=False, indent=1) + "\n"


def _read_studio(path: Path) -> Iterator[FileLabel]:
    for task in _json(path):
        address = next((v for v in task["data"].values() if isinstance(v, str)), None)
        if address is None:
            raise CurateError(f"{path}, task {task.get('id')} names no picture in its data")
        told = [a for a in task.get("annotations") or () if not a.get("was_cancelled")]
        results = [result for answer in told for result in answer.get("result") or ()]
        by_region: dict[str, dict[str, Any]] = {}
        for result in results:
            by_region.setdefault(str(result.get("id")), {})[result["type"]] = result
            by_region[str(result.get("id"))][result.get("from_name", "")] = result
        for region, parts in by_region.items():
            if "rectanglelabels" not in parts:
                continue
            result = parts["rectanglelabels"]
            value = result["value"]
            across, down = result["original_width"] / 100, result["original_height"] / 100
            box = [value["x"] * across, value["y"] * down]
            box += [value["width"] * across, value["height"] * down]
            if turn := float(value.get("rotation") or 0):
                box = _upright(*box, turn)
            keep = _studio_text_of(parts, "keep")
            yield FileLabel(
                where=f"task {task.get('id')}, region {region}",
                word=str(value["rectanglelabels"][0]) if value.get("rectanglelabels") else FACE,
                picture=address,
                place=_studio_picture(address),
                **_boxed(box),
                character=name_of(_studio_text_of(parts, "character")),
                tags=tags_of(_studio_text_of(parts, "tags")),
                keep={"keep": True, "leave out": False}.get(keep or ""),
            )


def _upright(x: float, y: float, width: float, height: float, turn: float) -> list[float]:
    """The upright box around a rectangle that is turned about its corner x, y, degrees clockwise,
    as Label Studio has it."""
    cosine, sine = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    across = (0.0, width * cosine, -height * sine, width * cosine - height * sine)
    down = (0.0, width * sine, height * cosine, width * sine + height * cosine)
    low = min(across), min(down)
    return [x + low[0], y + low[1], max(across) - low[0], max(down) - low[1]]


def _studio_picture(address: str) -> str:
    """The file that a task's address names: local files are `/data/local-files/?d=<path>`."""
    parts = urlsplit(address)
    local = parse_qs(parts.query).get("d")
    return local[0] if local else unquote(parts.path)


def _studio_text_of(parts: dict[str, dict[str, Any]], name: str) -> str | None:
    value = parts.get(name, {}).get("value", {})
    texts = value.get("text") or value.get("choices")
    return ", ".join(texts) if isinstance(texts, list) else texts


def _studio_text(labels: list[FileLabel]) -> str:
    """A page with a model's words is a prediction: its annotation begins with all of its faces."""
    tasks: dict[str | None, dict[str, Any]] = {}
    guessed = {label.picture for label in labels if label.guess is not None}
    for number, label in enumerate(labels):
        said = "predictions" if label.picture in guessed else "annotations"
        task = tasks.setdefault(
            label.picture,
            {"id": len(tasks) + 1, "data": {"image": label.picture}, said: [{"result": []}]},
        )
        task[said][0]["result"] += _studio_results(label, f"face{number}")
    return json.dumps(list(tasks.values()), ensure_ascii=False, indent=1) + "\n"


def _studio_results(label: FileLabel, region: str) -> list[dict[str, Any]]:
    x, y, width, height = label.page_box or (0, 0, 0, 0)
    across, down = label.size[0] / 100, label.size[1] / 100
    box = {"x": x / across, "y": y / down, "width": width / across, "height": height / down}
    about = {
        "id": region,
        "to_name": "image",
        "original_width": label.size[0],
        "original_height": label.size[1],
        "image_rotation": 0,
    }
    value = {**box, "rotation": 0, "rectanglelabels": [label.word]}
    results = [{**about, "type": "rectanglelabels", "from_name": "group", "value": value}]
    keep = {True: "keep", False: "leave out"}.get(label.keep)  # type: ignore[arg-type]
    for name, kind, key, texts in (
        ("character", "textarea", "text", [label.character]),
        ("tags", "textarea", "text", [tags_text([tag]) for tag in label.tags]),
        ("keep", "choices", "choices", [keep]),
    ):
        if any(texts):
            value = {**box, key: texts}
            results.append({**about, "type": kind, "from_name": name, "value": value})
    return results


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise CurateError(f"{path} is not UTF-8 text ({error}); save it as UTF-8") from error


def _json(path: Path) -> Any:
    try:
        return json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise CurateError(f"{path} is no JSON: {error}") from error
