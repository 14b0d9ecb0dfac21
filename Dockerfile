# One file, a target for each role: `docker build --target api .` (also worker, migrate, embedder).
#
# The first three are the same layers, started otherwise; `embedder` has the models' packages on top. Nothing runs as
# root, and nothing writes but below /tmp, so that the root file system may be read-only.

FROM python:3.12.8-slim-bookworm AS base
ENV PATH=/opt/pinwalk/bin:$PATH \
    HOME=/tmp \
    NUMBA_CACHE_DIR=/tmp/numba \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1

# Packages by version and hash; then Pinwalk itself, as the wheel that is released.
FROM base AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
RUN python -m venv /opt/pinwalk
COPY locks/runtime.txt locks/runtime.txt
RUN pip install --require-hashes --only-binary :all: -r locks/runtime.txt
COPY . .
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
    && pip install --no-deps --no-index /dist/*.whl \
    && python -m compileall -q /opt/pinwalk/lib \
    && install -D -m 0755 scripts/container-start.sh /opt/pinwalk/bin/container-start \
    && NUMBA_CACHE_DIR=/opt/pinwalk/numba pinwalk warm

FROM build AS build-models
COPY locks/models.txt locks/models.txt
RUN pip install --require-hashes --only-binary :all: -r locks/models.txt \
    && python -m compileall -q /opt/pinwalk/lib

FROM base AS pinwalk
RUN useradd --system --uid 10001 --home-dir /tmp --shell /usr/sbin/nologin pinwalk
COPY --from=build /opt/pinwalk /opt/pinwalk
USER 10001:10001
WORKDIR /tmp
ENTRYPOINT ["container-start"]

FROM pinwalk AS migrate
CMD ["migrate"]

FROM pinwalk AS api
EXPOSE 8000
CMD ["api"]

FROM pinwalk AS worker
CMD ["worker"]

FROM base AS embedder
RUN useradd --system --uid 10001 --home-dir /tmp --shell /usr/sbin/nologin pinwalk
COPY --from=build-models /opt/pinwalk /opt/pinwalk
USER 10001:10001
WORKDIR /tmp
EXPOSE 8090
ENTRYPOINT ["container-start"]
CMD ["embedder"]
