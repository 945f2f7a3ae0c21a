"""The tables of a dataset: one fixed schema each, with units, nullability and meaning.

`MANIFEST` is the public contract; `docs/tables.md` is checked against them by a test.
"""

from __future__ import annotations

import pyarrow as pa

SCHEMA_VERSION = 1

_string, _i32, _f32, _bool = pa.string(), pa.int32(), pa.float32(), pa.bool_()
# Lists are not of Arrow's fixed-size type: before version 26 pyarrow cannot read a null one back.
_color = pa.list_(pa.uint8())


def _field(name: str, kind: pa.DataType, about: str, null: bool = False) -> pa.Field:
    return pa.field(name, kind, nullable=null, metadata={"about": about})


def _schema(*fields: pa.Field) -> pa.Schema:
    return pa.schema(fields, metadata={"schema_version": str(SCHEMA_VERSION)})


_EPISODE = (
    _field("title", _string, "name of the work"),
    _field("episode", _string, "name of the episode, unique in its title"),
)

PAGES = _schema(
    *_EPISODE,
    _field("index", _i32, "position in the episode, from 0"),
    _field("page", _string, "file, relative to the episode's source"),
    _field("y", _i32, "first row in the strip, episode pixels"),
    _field("width", _i32, "pixels, after EXIF rotation"),
    _field("height", _i32, "pixels, after EXIF rotation"),
    _field("layout", _string, "strip, pages or images: how the episode was cut"),
    _field("format", _string, "decoder's name of the file format, e.g. JPEG"),
    _field("bytes", pa.int64(), "size of the file"),
    _field("sha256", _string, "of the file, hexadecimal"),
    _field("source", _string, "address or path the page came from"),
    _field("time", _string, "UTC, ISO 8601: when fetched, or the file's modification time"),
    _field("license", _string, "as given by the person or the site", null=True),
)

SCENES = _schema(
    *_EPISODE,
    _field("scene", _i32, "index in the episode, in reading order of the cut, from 0"),
    _field("x", _i32, "episode pixels"),
    _field("y", _i32, "episode pixels"),
    _field("width", _i32, "pixels"),
    _field("height", _i32, "pixels"),
    _field("kind", _string, "panel, text (lettering on an even ground) or blank"),
    _field("page", _string, "page of the scene's top edge"),
    _field("pages", _i32, "number of pages the scene touches"),
)

_FACE = (
    _field("face_id", _string, "title/episode/scene/face, unique in the dataset"),
    *_EPISODE,
    _field("scene", _i32, "index of the scene in the episode"),
)
_BOX = (
    _field("x", _f32, "left edge of the face box, episode pixels"),
    _field("y", _f32, "top edge of the face box, episode pixels"),
    _field("width", _f32, "pixels"),
    _field("height", _f32, "pixels"),
    _field("page", _string, "page under the box's center, relative to the episode's source"),
    _field("page_x", _f32, "left edge of the box in that page, pixels"),
    _field("page_y", _f32, "top edge of the box in that page, pixels"),
    _field("score", _f32, "calibrated, 0-1"),
    _field("detector", _string, "name@version"),
)
_KEEP = (
    _field("keep", _bool, "false: exports leave the face out"),
    _field("keep_reason", _string, "why it is left out", null=True),
)

FACES = _schema(
    *_FACE,
    _field("scene_x", _i32, "the scene's left edge, episode pixels"),
    _field("scene_y", _i32, "the scene's top edge, episode pixels"),
    *_BOX,
    _field("blank_edge", _f32, "share of the square crop that lies beyond the page, 0-1"),
    *_KEEP,
    _field("crop", _string, "path of the crop in the dataset; null without crops", null=True),
)

_READ_BOX = (
    _field("x", _f32, "left edge of the box that was read, episode pixels"),
    _field("y", _f32, "top edge, episode pixels"),
    _field("width", _f32, "pixels"),
    _field("height", _f32, "pixels"),
)
_PARTS = ("hair_color", "left_eye_color", "right_eye_color", "skin_color")

READINGS = _schema(
    *_FACE,
    *_READ_BOX,
    _field("reader", _string, "name@version"),
    _field("face_probability", _f32, "that it is a face, 0-1"),
    _field("woman", _f32, "probability, 0-1; the rest is man"),
    _field("glasses", _f32, "probability, 0-1"),
    _field("facial_hair", _f32, "probability, 0-1"),
    _field("hat", _f32, "probability, 0-1"),
    _field("yaw", _f32, "degrees; positive looks to the picture's right"),
    _field("pitch", _f32, "degrees; positive looks up"),
    _field("roll", _f32, "degrees, clockwise"),
    _field("embedding", pa.list_(_f32), "128, of length 1"),
    _field("parsing", _string, "PNG of synth.labels.Label classes, path in the dataset"),
    _field("parsing_x", _f32, "left edge of the square that it maps, episode pixels"),
    _field("parsing_y", _f32, "top edge of that square, episode pixels"),
    _field("parsing_side", _f32, "its side, episode pixels"),
)

LANDMARKS = _schema(
    *_FACE,
    *_READ_BOX,
    _field("backend", _string, "name@version"),
    _field("landmarks", pa.list_(_f32), "136: 68 x (x, y), iBUG order, episode pixels"),
    _field("landmarks_z", pa.list_(_f32), "68: depth in box widths", null=True),
    _field("landmark_confidence", pa.list_(_f32), "68: of each point, 0-1", null=True),
    _field("yaw", _f32, "degrees; positive looks to the picture's right", null=True),
    _field("pitch", _f32, "degrees; positive looks up", null=True),
    _field("roll", _f32, "degrees, clockwise", null=True),
    _field("view", _string, "frontal, profile or occluded", null=True),
    _field("quality", _f32, "calibrated, 0-1"),
    _field("dispersion", _f32, "of the points under flips, shifts, scales; face sizes", null=True),
    _field("recrop", _f32, "growth of the box when it is read again from its points", null=True),
    _field("edges", _f32, "share of contour length that lies on drawn edges, 0-1", null=True),
    _field("skin", _f32, "share of the face's own pixels inside the jaw's hull, 0-1", null=True),
    _field("spill", _f32, "share of the face's pixels that lie outside that hull, 0-1", null=True),
    _field("parts", _f32, "distance of features from the parsed ones, face sizes",
           null=True),
    _field("shape", _f32, "distance from the title's shapes, robust deviations", null=True),
    _field("agreement", _f32, "distance between backends, face sizes", null=True),
    _field("covered", _f32, "share of the face under lettering or things, 0-1", null=True),
    _field("keep_reason", _string, "quality, covered, not_a_face or unscored: exports leave it out",
           null=True),
    _field("align", pa.list_(_f32), "4: a, b, tx, ty: (a x - b y + tx, b x + a y + ty) maps "
           "episode pixels to the unit square of the canonical five points"),
)  # fmt: skip

COLORS = _schema(
    *_FACE,
    *_READ_BOX,
    *(
        field
        for part in (*_PARTS, "lips_color", "brows_color", "hair_color_2")
        for field in (
            _field(part, _color, "3: sRGB, corrected for the scene's light", null=True),
            _field(f"{part}_raw", _color, "3: sRGB, as drawn", null=True),
            _field(f"{part}_share", _f32, "of the part's pixels that have it, 0-1", null=True),
            _field(f"{part}_spread", _f32, "median distance in OKLab of those pixels", null=True),
            _field(f"{part}_confidence", _f32, "0-1", null=True),
        )
    ),
    _field(
        "light",
        pa.list_(_f32),
        "3: the scene's light: linear sRGB of what is white there",
        null=True,
    ),
    _field("hair_name", _string, "palette name of the hair as people name it, or mixed", null=True),
    _field("eye_name", _string, "palette name; two joined by / where the eyes differ", null=True),
    _field("skin_name", _string, "palette name", null=True),
)

GROUPS = _schema(
    *_FACE,
    *_READ_BOX,
    _field("gender", _string, "woman, man or unknown, as presented"),
    _field("glasses", _bool, "null where unknown", null=True),
    _field("group", _string, "e.g. woman_no_glasses, or unknown"),
    _field("group_probability", _f32, "0-1"),
    _field("group_source", _string, "a model's name@version"),
)

HASHES = _schema(
    *_FACE,
    *_READ_BOX,
    _field("pixel_sha256", _string, "of the decoded crop, hexadecimal"),
    _field("place_sha256", _string, "of the page file's sha256 and the box in it, whole pixels"),
    _field("phash", pa.uint64(), "64-bit DCT perceptual hash"),
    _field("dhash", pa.uint64(), "64-bit difference hash"),
    _field("phash_mirrored", pa.uint64(), "phash of the mirrored crop"),
    _field("other_hash", pa.uint64(), "of another kind, where one was asked for", null=True),
    _field("grey", pa.binary(), "1024: the 32 x 32 grey picture of the phash, row by row"),
    _field("face", pa.binary(), "2304: the face itself, 48 x 48 grey, row by row"),
)

CLUSTERS = _schema(
    _field("face_id", _string, "of a face that has duplicates"),
    *_EPISODE,
    _field("duplicate_cluster", _string, "face_id of the cluster's representative"),
    _field("kind", _string, "representative, exact, near or redrawn"),
    _field("likeness", _f32, "of the aligned pictures of that link, 0-1", null=True),
    _field("distance", _i32, "Hamming, of the link that joined it; null for others", null=True),
)

CHARACTERS = _schema(
    _field("face_id", _string, "of the face"),
    *_EPISODE,
    _field("character", _string, "title/number of the cluster"),
    _field("confidence", _f32, "0-1"),
)

SPLITS = _schema(
    _field("face_id", _string, "of the face"),
    *_EPISODE,
    _field("component", _string, "smallest face_id of those that must stay together"),
    _field("split", _string, "train, val or test"),
    _field(
        "weight",
        _f32,
        "for samplers; 0 where a cap leaves the face out, null where the face was not kept",
        null=True,
    ),
)

SUGGESTIONS = _schema(
    _field("face_id", _string, "of a face of which nobody said it"),
    *_EPISODE,
    _field("kind", _string, "tag or character"),
    _field("word", _string, "the tag, or the character's name"),
    _field("probability", _f32, "that it is so, calibrated, 0-1"),
    _field("order", _i32, "place among those to look at next, from 1; null for others", null=True),
    _field("source", _string, "propagated@ and a digest of the labels it was learned from"),
)

REJECTS = _schema(
    *_EPISODE,
    _field("stage", _string, "the command that refused it"),
    _field("path", _string, "file, page or address"),
    _field("reason", _string, "what was wrong with it"),
)

MANIFEST = _schema(
    *_FACE,
    *_BOX,
    _field("view", _string, "frontal, profile or occluded", null=True),
    _field("crop", _string, "path of the crop in the dataset; null without crops", null=True),
    _field("landmarks", pa.list_(_f32), "136: 68 x (x, y), iBUG order, episode pixels", null=True),
    _field("landmarks_z", pa.list_(_f32), "68: depth in box widths", null=True),
    _field("landmark_confidence", pa.list_(_f32), "68: of each point, 0-1", null=True),
    _field("quality", _f32, "of the landmarks, 0-1", null=True),
    _field("yaw", _f32, "degrees; positive looks to the picture's right", null=True),
    _field("pitch", _f32, "degrees; positive looks up", null=True),
    _field("roll", _f32, "degrees, clockwise", null=True),
    *(
        _field(f"{part}{suffix}", _color, f"3: sRGB{note}", null=True)
        for suffix, note in (("", ", corrected for the scene's light"), ("_raw", ", as drawn"))
        for part in _PARTS
    ),
    _field("hair_name", _string, "palette name of the hair as people name it", null=True),
    _field("eye_name", _string, "palette name", null=True),
    _field("skin_name", _string, "palette name", null=True),
    _field("gender", _string, "woman, man or unknown, as presented", null=True),
    _field("glasses", _bool, "null where unknown", null=True),
    _field("group", _string, "e.g. woman_no_glasses", null=True),
    _field("group_probability", _f32, "0-1", null=True),
    _field("group_source", _string, "human, import, or a model's name@version", null=True),
    _field("tags", pa.list_(_string), "free", null=True),
    _field("pixel_sha256", _string, "of the decoded crop, hexadecimal", null=True),
    _field("phash", pa.uint64(), "64-bit DCT perceptual hash", null=True),
    _field("dhash", pa.uint64(), "64-bit difference hash", null=True),
    _field("duplicate_cluster", _string, "face_id of the cluster's representative", null=True),
    *_KEEP,
    _field("character", _string, "likely or named character", null=True),
    _field("split", _string, "train, val or test", null=True),
    _field("weight", _f32, "for samplers", null=True),
    _field("source", _string, "address or path of the page", null=True),
    _field("license", _string, "as given", null=True),
)

LABELS = _schema(
    _field("face_id", _string, "of the face when it was first spoken of"),
    *_EPISODE,
    _field("page", _string, "under the box's center then; null in older logs", null=True),
    _field("page_gone", _bool, "it is no more in the episode: all is in the page's pixels"),
    _field("x", _f32, "left edge of the face then, in today's episode pixels"),
    _field("y", _f32, "top edge, episode pixels"),
    _field("width", _f32, "pixels"),
    _field("height", _f32, "pixels"),
    _field("new_x", _f32, "left edge of the box that a person drew, episode pixels", null=True),
    _field("new_y", _f32, "top edge, episode pixels", null=True),
    _field("new_width", _f32, "pixels", null=True),
    _field("new_height", _f32, "pixels", null=True),
    _field("gender", _string, "woman, man or unknown", null=True),
    _field("glasses", _bool, "as said", null=True),
    _field("group", _string, "of gender and glasses, where both were said", null=True),
    _field("character", _string, "name", null=True),
    _field("tags", pa.list_(_string), "put on"),
    _field("tags_off", pa.list_(_string), "taken off"),
    _field("keep", _bool, "false: leave the face out", null=True),
    _field("deleted", _bool, "it is no face"),
    _field("added", _bool, "a person drew it"),
    _field(
        "points",
        pa.list_(pa.struct([("point", _i32), ("x", _f32), ("y", _f32)])),
        "moved landmarks: iBUG index, episode pixels",
    ),
    _field("by_person", pa.list_(_string), "what a person said; the rest is from imports"),
    _field("who", _string, "who spoke last"),
    _field("time", _string, "when, UTC, ISO 8601"),
)

STAGES = {
    "pages": PAGES,
    "scenes": SCENES,
    "faces": FACES,
    "readings": READINGS,
    "landmarks": LANDMARKS,
    "colors": COLORS,
    "groups": GROUPS,
    "hashes": HASHES,
}
"""The tables that are written episode by episode, in the order in which they are made."""

WHOLE = {
    "clusters": CLUSTERS,
    "characters": CHARACTERS,
    "splits": SPLITS,
    "suggestions": SUGGESTIONS,
}
"""Tables of the whole dataset, `tables/<name>.parquet`, sorted by title, episode and face."""


def markdown() -> str:
    """All schemas as Markdown tables; `python -m webtoon_curate.schema` prints them."""
    parts = []
    schemas = {"manifest": MANIFEST, **STAGES, **WHOLE, "labels": LABELS, "rejects": REJECTS}
    for name, schema in schemas.items():
        parts += [
            f"## {name}",
            "",
            "| column | type | may be null | meaning |",
            "|---|---|---|---|",
        ]
        for field in schema:
            null = "yes" if field.nullable else ""
            about = field.metadata[b"about"].decode()
            parts.append(f"| `{field.name}` | {_type_name(field.type)} | {null} | {about} |")
        parts.append("")
    return "\n".join(parts)


def _type_name(kind: pa.DataType) -> str:
    if pa.types.is_list(kind):
        return f"list of {_type_name(kind.value_type)}"
    return {"float": "float32"}.get(str(kind), str(kind))


if __name__ == "__main__":
    print(markdown())
