"""Sending by SMTP: only where `[mail]` in growthops.toml names a server, with the password from the environment."""

import os
import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage

from lib.errors import GrowthOpsError
from lib.settings import Mail

PATIENCE_SECONDS = 30.0


class MailError(GrowthOpsError):
    """A mail that was not sent."""


def message(settings: Mail, subject: str, text: str, html: str | None = None) -> EmailMessage:
    """The mail: plain text, and the same as HTML where there is one.

    Raises:
        MailError: there is nothing to send, or nobody to send it to.
    """
    if not text.strip():
        raise MailError("The mail would be blank, so it was not sent.")
    if settings.sender is None or not settings.to:
        raise MailError("Nothing was sent: growthops.toml says no `sender` or no `to` under [mail].")
    made = EmailMessage()
    made["Subject"] = " ".join(subject.split())
    made["From"] = settings.sender
    made["To"] = ", ".join(settings.to)
    made.set_content(text)
    if html is not None:
        made.add_alternative(html, subtype="html")
    return made


def send(settings: Mail, mail: EmailMessage, environment: Mapping[str, str] | None = None) -> None:
    """Hand the mail to the server.

    Raises:
        MailError: no server is named, the password is missing, or the server did not take it for every recipient.
    """
    if settings.host is None:
        raise MailError("Nothing was sent: growthops.toml names no `host` under [mail].")
    password = _password(settings, os.environ if environment is None else environment)
    try:
        with _connected(settings) as server:
            if settings.security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.user is not None and password is not None:
                server.login(settings.user, password)
            refused = server.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        # What a server answers may hold what it was told, so only the kind of failure is said.
        raise MailError(f"Nothing was sent: {settings.host}:{settings.port} failed ({type(error).__name__}).") from None
    if refused:
        raise MailError(f"The mail server did not take it for {', '.join(sorted(refused))}.")


def _connected(settings: Mail) -> smtplib.SMTP:
    assert settings.host is not None
    if settings.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(settings.host, settings.port, timeout=PATIENCE_SECONDS, context=context)
    return smtplib.SMTP(settings.host, settings.port, timeout=PATIENCE_SECONDS)


def _password(settings: Mail, environment: Mapping[str, str]) -> str | None:
    if settings.user is None:
        return None
    found = environment.get(settings.password_env)
    if not found:
        raise MailError(f"Nothing was sent: the environment has no {settings.password_env} for {settings.user}.")
    return found
