#!/usr/bin/env bash
# Install torch before the rest, as a CPU build where that is enough: the build for Linux on PyPI brings 4 GB of CUDA.
# Usage: scripts/install_torch.sh PYTHON. TORCH_INDEX names another index of CPU builds; empty turns this off.
set -euo pipefail
python=$1
index=${TORCH_INDEX-https://download.pytorch.org/whl/cpu}
requirement=$(grep -E '^torch==' constraints.txt)
seconds=3 # for the index to answer; behind a closed network nobody should wait longer

if "$python" -c 'import importlib.util, sys; sys.exit(importlib.util.find_spec("torch") is None)'; then
  exit 0
fi
if [ -z "$index" ]; then
  echo "torch: the build that pip finds (TORCH_INDEX is empty)."
elif [ "${BOOKRAG_OS:-$(uname -s)}" != Linux ]; then
  echo "torch: the build that pip finds, which is a CPU build on this system."
elif [ -e /proc/driver/nvidia/version ]; then
  echo "torch: the build that pip finds, as this machine has an NVIDIA GPU."
elif ! timeout "$seconds" "$python" -c 'import sys, urllib.request; urllib.request.urlopen(sys.argv[1] + "/torch/", timeout=3).close()' \
    "${index%/}" 2>/dev/null; then
  echo "torch: the build that pip finds, as $index does not answer."
elif "$python" -m pip install --quiet --disable-pip-version-check --no-deps --index-url "$index" "$requirement"; then
  echo "torch: the CPU build from $index."
else
  echo "torch: the build that pip finds, as $index has no $requirement for this machine."
fi
