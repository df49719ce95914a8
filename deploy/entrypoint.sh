#!/bin/sh
# Puts the book and the models that the image carries into a DATA_DIR that has none: a new volume, or a disk that was lost
# at the restart. Models are linked, beside those that the build of a book has exported there.
set -eu
models=${MODELS_DIR:-$DATA_DIR/models}
if [ -z "${QDRANT_URL:-}" ] && [ ! -e "$DATA_DIR/index/aliases.json" ] && [ -e "$BOOK_BACKUP" ]; then
  if [ -d "$models" ]; then
    find "$models" -maxdepth 1 -type l -delete # a backup may bring models, and is restored into an empty folder
    rmdir "$models" 2>/dev/null || true
  fi
  echo "DATA_DIR has no index: serving the book of the image, which is the sample book unless another one was put there" >&2
  bookrag restore "$BOOK_BACKUP"
fi
mkdir -p "$models"
for model in "$IMAGE_MODELS"/*/; do
  if [ -w "$models" ] && [ ! -e "$models/$(basename "$model")" ]; then
    ln -sfn "${model%/}" "$models/$(basename "$model")"
  fi
done
exec "$@"
