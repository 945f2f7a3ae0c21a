"""The part of an ONNX file that some of its outputs need.

onnxruntime computes every node, whichever outputs are asked for. The files are protocol buffers
(https://protobuf.dev/programming-guides/encoding), whose fields can be left out one by one; the
numbers of the fields are those of `onnx.proto3`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

_GRAPH = 7
"""Of a model."""
_NODE, _OUTPUT, _BETWEEN = 1, 12, 13
"""Of a graph; the last are shapes of what passes between nodes, which onnxruntime finds itself, as
it drops weights that no node takes."""
_NODE_INPUT, _NODE_OUTPUT = 1, 2
_NAME = 1
"""Of what a graph gives."""
_VARINT, _EIGHT_BYTES, _SIZED, _FOUR_BYTES = 0, 1, 2, 5
"""How a field is written: the low three bits of its key."""


def pruned(model: bytes, outputs: Collection[str]) -> bytes:
    """A network that gives some of the outputs of another, and computes nothing else.

    Args:
        model: an ONNX file without control flow.
        outputs: names of outputs that it has.

    Returns:
        An ONNX file with these outputs, of the same values.
    """
    parts = []
    for number, whole, body in _fields(memoryview(model)):
        if number == _GRAPH:
            graph = b"".join(_needed(body, set(outputs)))
            parts += [_varint(_GRAPH << 3 | _SIZED), _varint(len(graph)), graph]
        else:
            parts.append(bytes(whole))
    return b"".join(parts)


def _needed(graph: memoryview, wanted: set[str]) -> list[bytes]:
    """The fields of a graph that `wanted` needs; nodes stand behind those they take from."""
    kept = []
    for number, whole, body in reversed(list(_fields(graph))):
        if number == _BETWEEN or (
            number == _OUTPUT and not wanted.intersection(_texts(body, _NAME))
        ):
            continue
        if number == _NODE:
            if not wanted.intersection(_texts(body, _NODE_OUTPUT)):
                continue
            wanted.update(_texts(body, _NODE_INPUT))
        kept.append(bytes(whole))
    return kept[::-1]


def _texts(message: memoryview, wanted: int) -> list[str]:
    return [str(body, "utf-8") for number, _, body in _fields(message) if number == wanted]


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview, memoryview]]:
    """Number, all bytes, and content of each field of a message."""
    at = 0
    while at < len(message):
        start = at
        key, at = _read_varint(message, at)
        size = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}.get(key & 7, 0)
        if key & 7 == _SIZED:
            size, at = _read_varint(message, at)
        elif key & 7 == _VARINT:
            _, at = _read_varint(message, at)
        yield key >> 3, message[start : at + size], message[at : at + size]
        at += size


def _read_varint(message: memoryview, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, low ones first, and where the next field's bytes begin."""
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
