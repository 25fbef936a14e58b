# One file for every Python part. docker-compose.yml says which of the last stages each service is:
# api, webhook (also the delivery process), gateway (the mock and the upstream) and rules.

FROM python:3.13-slim AS build
RUN python -m venv /pipenv && /pipenv/bin/pip install --no-cache-dir pipenv==2026.10.3
WORKDIR /build
COPY Pipfile Pipfile.lock ./
# The locked versions with their hashes, without what only development needs. Wheels only: nothing
# is compiled. pip itself is of no use where nothing can be installed.
RUN /pipenv/bin/pipenv requirements --hash > requirements.txt \
 && python -m venv /venv \
 && /venv/bin/pip install --no-cache-dir --only-binary :all: --require-hashes --requirement requirements.txt \
 && /venv/bin/python -m compileall -q -j 0 /venv/lib \
 && /venv/bin/pip uninstall --yes --quiet pip

FROM python:3.13-slim AS runtime
COPY --from=build /venv /venv
WORKDIR /app
COPY quotas quotas
ENV PATH=/venv/bin:$PATH PYTHONPATH=/app PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# A number, so that Kubernetes too can see that it is not root.
USER 10001:10001

FROM runtime AS rules
USER 0
# A volume for the copy of quotas.yaml. Whoever may write rules/ may write it.
RUN install -d -m 777 /var/lib/quotas
USER 10001:10001
COPY generate_rules.py ./
# quotas.yaml and rules/ are mounted beside it.
ENTRYPOINT ["python", "generate_rules.py", "--copy-to", "/var/lib/quotas/quotas.yaml"]
CMD ["--check"]

FROM runtime AS gateway
COPY kong kong
ENV PATH=$PATH:/app/kong/mock
EXPOSE 9000 8100
ENTRYPOINT ["python", "-m", "kong.mock", "--host", "0.0.0.0"]
CMD ["--proxy-port", "9000", "--status-port", "8100"]

FROM runtime AS webhook
USER 0
# The outbox lives here; a volume takes over whose folder it is.
RUN install -d -o 10001 -g 10001 /var/lib/gateway
USER 10001:10001
COPY problem_json problem_json
COPY serving serving
COPY webhook webhook
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
CMD ["gunicorn", "--config", "webhook/gunicorn_settings.py", "webhook:create_app()"]

FROM runtime AS api
COPY problem_json problem_json
COPY serving serving
COPY api api
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "--config", "api/gunicorn_settings.py", "api:create_app()"]
