# The image that serves has neither torch nor Node. `--target build` is the one that reads a book and exports models.
# docs/deploy.md explains both, and CONTRIBUTING.md how the tag below is raised.
FROM debian:trixie-20261005-slim AS base
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --create-home --home-dir /home/bookrag bookrag \
    && install -d -o bookrag -g bookrag /data
COPY deploy/entrypoint.sh /opt/bookrag/entrypoint.sh
ENV PATH=/opt/bookrag/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    HF_HUB_OFFLINE=1 \
    DATA_DIR=/data \
    IMAGE_MODELS=/opt/bookrag/models \
    BOOK_BACKUP=/opt/bookrag/book.tar.gz \
    HOST=0.0.0.0
WORKDIR /home/bookrag
ENTRYPOINT ["/opt/bookrag/entrypoint.sh"]

# What names the packages comes before the code: an edit of the code installs none of them again. pip builds a
# distribution without modules here (its README is a stand-in), and the stages below put the real one over it.
FROM base AS packages
RUN apt-get update && apt-get install -y --no-install-recommends python3-venv \
    && python3 -m venv /opt/bookrag/venv
WORKDIR /src
COPY pyproject.toml constraints.txt ./
COPY scripts/install_torch.sh scripts/
RUN touch README.md

FROM packages AS serving
RUN pip install --no-cache-dir -c constraints.txt '.[traces]'
COPY README.md ./
COPY app app
COPY indexing indexing
COPY engines engines
COPY storage storage
RUN pip install --no-cache-dir --no-deps --force-reinstall . \
    && pip uninstall --yes pip setuptools \
    && find /opt/bookrag/venv -name tests -type d -prune -exec rm -r {} +

FROM packages AS build
RUN apt-get update && apt-get install -y --no-install-recommends nodejs \
    && scripts/install_torch.sh /opt/bookrag/venv/bin/python \
    && pip install --no-cache-dir -c constraints.txt '.[models,evaluation]'
COPY README.md ./
COPY app app
COPY indexing indexing
COPY engines engines
COPY storage storage
RUN pip install --no-cache-dir --no-deps --force-reinstall .
COPY book /home/bookrag/book
WORKDIR /home/bookrag
RUN MODELS_DIR=$IMAGE_MODELS DATA_DIR=/tmp/data bookrag index build \
    && DATA_DIR=/tmp/data bookrag backup $BOOK_BACKUP \
    && chmod -R a+rX $IMAGE_MODELS \
    && rm -r /tmp/data
# The same user as the server's, for both write to one volume; models of other names are fetched here, and no sample book
# comes before the reader's own.
USER bookrag
ENV HF_HUB_OFFLINE=0 \
    BOOK_BACKUP=
VOLUME /data
CMD ["bookrag", "index", "build"]

FROM base
COPY --from=serving /opt/bookrag/venv /opt/bookrag/venv
COPY --from=build /opt/bookrag/models /opt/bookrag/models
COPY --from=build --chmod=644 /opt/bookrag/book.tar.gz /opt/bookrag/book.tar.gz
USER bookrag
VOLUME /data
EXPOSE 8000
HEALTHCHECK --start-period=30s --interval=15s --timeout=5s \
    CMD ["python3", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\", 8000)}/healthz', timeout=4)"]
CMD ["bookrag", "serve"]
