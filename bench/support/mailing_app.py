"""A Flask application that sends a mail while Alertmanager waits: what most webhooks do."""

import os

from flask import Flask, request
from flask_mail import Mail, Message


def create_app() -> Flask:
    """Return an application with the settings of the webhook's mail server. It checks nothing."""
    app = Flask(__name__)
    app.config["MAIL_SERVER"] = os.environ["MAIL_SERVER"]
    app.config["MAIL_PORT"] = int(os.environ["MAIL_PORT"])
    mail = Mail(app)

    @app.post("/alerts")
    def send() -> dict[str, int]:
        alerts = request.get_json()["alerts"]
        for alert in alerts:
            mail.send(
                Message(
                    alert["annotations"]["summary"],
                    recipients=["ops@example.com"],
                    body=alert["annotations"]["description"],
                    sender=os.environ["MAIL_DEFAULT_SENDER"],
                )
            )
        return {"mails": len(alerts)}

    @app.get("/healthz")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    return app
