"""ONNX Runtime without its telemetry; every module of ours that needs it imports `ort` from here.

Its Linux builds from 1.32 on write a device id below the home directory and report to their vendor as soon as they are
imported. A server of readers' questions must not contact anyone whom its operator has not named.
"""

import os

os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import onnxruntime as ort

__all__ = ["ort"]
