# The image of web, worker and scheduler; docker-compose.yml shows the three commands.
FROM python:3.13-slim AS packages
RUN python -m venv /venv
COPY requirements.lock .
RUN /venv/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SOKO_VAR=/var/lib/soko
RUN useradd --system --uid 10001 --home-dir /nonexistent soko \
    && install -d -o soko -g soko /var/lib/soko /var/lib/soko/outbox
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
USER soko
# Nothing is connected to; the settings only want to be complete.
RUN DATABASE_URL=postgresql://build@127.0.0.1/build REDIS_URL=redis://127.0.0.1 \
    CACHE_URL=redis://127.0.0.1 SECRET_KEY="$(head -c 48 /dev/urandom | base64 -w 0)" \
    python manage.py collectstatic --no-input
EXPOSE 8000
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--workers", "2", \
     "--threads", "4", "--access-logfile", "-", "--worker-tmp-dir", "/dev/shm"]
