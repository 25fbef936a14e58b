# One image for every Python part: webhook, api, and the small upstream of the demo.
# The command in docker-compose.yml says which.

FROM python:3.13-slim AS build
RUN python -m venv /pipenv && /pipenv/bin/pip install --no-cache-dir pipenv==2026.10.3
WORKDIR /build
COPY Pipfile Pipfile.lock ./
# The locked versions with their hashes, without what only development needs.
RUN /pipenv/bin/pipenv requirements --hash > requirements.txt \
 && python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt

FROM python:3.13-slim
COPY --from=build /venv /venv
WORKDIR /app
COPY quotas quotas
COPY api api
COPY webhook webhook
COPY kong kong
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# The outbox lives here; a volume takes over whose folder it is.
RUN install -d -o 10001 -g 10001 /var/lib/gateway
# A number, so that Kubernetes too can see that it is not root.
USER 10001:10001
