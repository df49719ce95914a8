"""ONNX Runtime without its telemetry; every module of ours that needs it imports `ort` from here.

Its builds for Linux from 1.32 on write a device's id below the home directory and report to their maker, as soon as
they are imported. A server of readers' questions calls nobody that its operator has not named.
"""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime as ort

__all__ = ["ort"]
