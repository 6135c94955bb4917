FROM python:3.12-slim AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src
RUN python -m venv /opt/visitor-desk
# Requirements first: a change of the code alone does not install them again.
COPY requirements.txt ./
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/visitor-desk/bin/python -m pip install --quiet --require-hashes -r requirements.txt
COPY pyproject.toml README.md visitor_desk.py ./
COPY commands ./commands
COPY receiver ./receiver
COPY sender ./sender
COPY models ./models
COPY dashboard ./dashboard
COPY simulator ./simulator
RUN /opt/visitor-desk/bin/python -m pip install --quiet --no-deps --no-build-isolation .
# What only installs has no place in an image that faces the internet.
RUN /opt/visitor-desk/bin/python -m pip uninstall --quiet --yes setuptools pip

FROM python:3.12-slim
LABEL org.opencontainers.image.title="Visitor Desk" \
      org.opencontainers.image.description="Self-hosted lead-intelligence dashboard for Midbound webhooks."
RUN useradd --system --uid 10001 --user-group --home-dir /data --no-create-home desk \
    && install -d -o desk -g desk -m 0700 /data
COPY --from=builder /opt/visitor-desk /opt/visitor-desk
# Only /data is ever written to, so the rest can be mounted read-only.
ENV PATH=/opt/visitor-desk/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=sqlite:////data/visitor-desk.db \
    SPOOL_DIR=/data/spool \
    FORGOTTEN_FILE=/data/forgotten \
    KEY_FILE=/data/keys
USER desk
WORKDIR /data
VOLUME /data
EXPOSE 8000 8002 8501
# http.client and not urllib.request, which would ask a proxy named in HTTP_PROXY.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import http.client, os; c = http.client.HTTPConnection('127.0.0.1', int(os.environ.get('RECEIVER_PORT', '8000')), timeout=4); c.request('GET', '/readyz'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["visitor-desk"]
CMD ["receiver"]
