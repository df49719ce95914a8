#!/bin/sh
# Puts the book that the image carries into an empty DATA_DIR: a new volume, or a disk that was lost at the restart.
set -eu
if [ -z "${QDRANT_URL:-}" ] && [ ! -e "$DATA_DIR/index/aliases.json" ] && [ -e "$BOOK_BACKUP" ]; then
  bookrag restore "$BOOK_BACKUP"
fi
exec "$@"
