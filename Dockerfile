# The image of every process of Qualepref: web, workers, clock, migrations. Its steps are those of scripts/image,
# which CI runs in the clear.
ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS built
WORKDIR /app
COPY scripts/ scripts/
COPY requirements.lock ./
RUN scripts/image packages /opt/venv
COPY . .
RUN scripts/image static /opt/venv /app/staticfiles

FROM python:${PYTHON}
WORKDIR /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    QUALEPREF_MODE=production \
    QUALEPREF_VAR=/var/lib/qualepref \
    WEB_ADDRESS=0.0.0.0:8000
COPY scripts/system-packages scripts/
RUN scripts/system-packages pdf \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home qualepref \
    && install --directory --owner=10001 --group=10001 --mode=700 /var/lib/qualepref
COPY --from=built /opt/venv /opt/venv
COPY --from=built /app /app
USER 10001:10001
EXPOSE 8000
VOLUME /var/lib/qualepref
HEALTHCHECK --interval=30s --timeout=10s --start-period=40s CMD ["python", "manage.py", "alive", "web"]
ENTRYPOINT ["python", "manage.py"]
CMD ["start", "web"]
