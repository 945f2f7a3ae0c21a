"""Networks run by onnxruntime."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from webtoon_curate.errors import CurateError, ModelError
from webtoon_curate.models.pruning import pruned


def open_session(path: Path, device: str, outputs: Collection[str] | None = None) -> Any:
    """An ONNX file as an `onnxruntime.InferenceSession`, with this process's share of threads.

    Args:
        path: the file.
        device: `auto` (a GPU if onnxruntime finds one), `cpu` or `cuda`.
        outputs: only what these need is loaded and computed; None for all.

    Raises:
        ModelError: if the file does not load, or the device is not there.
    """
    from webtoon_curate.engine import threads

    with unbroken():
        import onnxruntime

    providers: list[Any] = ["CPUExecutionProvider"]
    options = onnxruntime.SessionOptions()
    if device != "cpu" and "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        # Floats of 19 bits, the default, are further from what a processor gives; and networks in
        # whole numbers (`trainer.quantized`) are computed in floats, for the same results.
        providers.insert(0, ("CUDAExecutionProvider", {"use_tf32": "0"}))
        options.add_session_config_entry("session.disable_quant_qdq", "1")
    elif device == "cuda":
        raise ModelError(
            "onnxruntime finds no GPU: install onnxruntime-gpu, or leave out --device cuda"
        )
    options.intra_op_num_threads = threads()
    options.log_severity_level = 3  # errors only: warnings would mix with the progress bar
    # Threads that wait for the next picture must not keep those of other networks from working.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    try:
        file = path.read_bytes()
        model = file if outputs is None else pruned(file, outputs)
        session = onnxruntime.InferenceSession(model, options, providers=providers)
    except Exception as error:  # onnxruntime's errors share no class
        raise ModelError(
            f"onnxruntime cannot load {path}, which is damaged or of another kind: {_why(error)}; "
            "put a copy back, export it anew, or install webtoon-curate again if it is its own"
        ) from None
    if device == "cuda" and "CUDAExecutionProvider" not in session.get_providers():
        raise ModelError(  # it goes on with the processor, and says so in its log at most
            "onnxruntime-gpu is installed, but cannot use the GPU: its version must fit those of "
            "CUDA and cuDNN; mend that, or leave out --device cuda"
        )
    return session


@contextlib.contextmanager
def tried(model: str) -> Iterator[None]:
    """Turns whatever a model raises at its test picture into one error: a file may load, and want
    pictures of one size only or give something else than was agreed.

    Args:
        model: its name.

    Raises:
        ModelError: if it raises anything.
    """
    try:
        yield
    except CurateError:
        raise
    except Exception as error:  # those of onnxruntime, OpenCV and numpy share no class
        raise ModelError(
            f"{model} loads, but fails at its test picture ({_why(error)}): the file or the "
            "library that runs it is broken, or it is a network of another kind"
        ) from error


def _why(error: Exception) -> str:
    """The first line of what an error says."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


@contextlib.contextmanager
def unbroken() -> Iterator[None]:
    """Ctrl-C waits for the end of the block: in the middle of a native module's import it would
    be an ImportError.

    Raises:
        KeyboardInterrupt: at the end, if Ctrl-C was pressed.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed and before is not signal.SIG_IGN:
        raise KeyboardInterrupt
