from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor

import onnxruntime
import pytest

from webtoon_curate.errors import ModelError
from webtoon_curate.models import find_model
from webtoon_curate.models.runtime import open_session, unbroken


def test_ctrl_c_waits_for_the_end_of_the_block():
    done = []
    with pytest.raises(KeyboardInterrupt), unbroken():
        signal.raise_signal(signal.SIGINT)
        done.append("all")
    assert done == ["all"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_in_the_block_is_that_error_and_the_handler_is_back():
    with pytest.raises(ImportError), unbroken():
        raise ImportError("no module")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_without_ctrl_c_all_is_as_before():
    with unbroken():
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_thread_may_load_too_though_only_the_main_one_hears_signals():
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: unbroken().__enter__()).result()


def test_a_gpu_that_was_asked_for_is_used_or_missed(monkeypatch):
    """onnxruntime itself goes on with the processor where its libraries of CUDA do not load."""
    path, session = find_model("webtoon_faces"), onnxruntime.InferenceSession

    def on_processor(model, options, providers):
        assert providers[0][0] == "CUDAExecutionProvider"
        return session(model, options, providers=["CPUExecutionProvider"])

    known = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: known)
    monkeypatch.setattr(onnxruntime, "InferenceSession", on_processor)
    with pytest.raises(ModelError, match="cannot use the GPU"):
        open_session(path, "cuda")
    assert open_session(path, "auto").get_providers() == ["CPUExecutionProvider"]
