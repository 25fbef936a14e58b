"""One Prometheus."""

from local import programs
from local.stack.config import write_yaml
from local.stack.ports import HOST
from local.stack.processes import Part
from tests.engines.engine import Engine, Site


def set_up(site: Site) -> Engine:
    """Return one Prometheus, configured like the project's own."""
    write_yaml(site.folder / "prometheus.yml", site.prometheus_config())
    port = site.gateways[0].prometheus
    url = f"http://{HOST}:{port}"
    command = [
        str(programs.find(programs.PROMETHEUS)),
        f"--config.file={site.folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={site.folder / 'data'}",
        "--storage.tsdb.retention.time=45d",
        f"--web.listen-address={HOST}:{port}",
        "--web.enable-lifecycle",
        "--log.level=warn",
    ]
    part = Part("prometheus", command, (port,), f"{url}/-/ready")
    return Engine([part], url, [url], ["prometheus"], verify=["--verify", url])
