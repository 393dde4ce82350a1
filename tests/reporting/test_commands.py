"""`growthops brief`, `check` and `digest`: exit codes, what they write, and that nothing unsound or blank is sent."""

import json
import re
import smtplib
import socketserver
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email import message_from_string, policy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from lib.cli import cli
from lib.reporting import commands, mail
from lib.settings import Mail, note_served
from lib.store import Edit, Store
from tests.pages import tiny

FRESH = datetime(2026, 4, 3, 21, tzinfo=UTC)  # the last event is on 3 April at 11:00
BOARD = {"tiles": [{"metric": "active_users", "target": 20}, {"metric": "new_users"}]}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(commands, "present", lambda: FRESH)
    folder = tiny.make(tmp_path / "workspace")
    keep(folder, "pulse", "team", BOARD)
    return folder


def keep(folder: Path, kind: str, key: str, body: dict[str, Any], name: str = "Mind <this>") -> None:
    store = Store(folder)
    store.definitions.publish(Edit(kind, key, body, name, "ana"))
    store.close()


def run(folder: Path, *told: str) -> Result:
    return CliRunner().invoke(cli, [*told, "--workspace", str(folder)])


def test_check_without_rules_is_fine(workspace: Path) -> None:
    found = run(workspace, "check")
    assert (found.exit_code, found.stdout) == (0, "There are no alerts; write one on the page Pulse.\n")


@pytest.mark.parametrize("words", [("check",), ("digest",), ("digest", "--format", "html"), ("brief", "--out")])
def test_they_say_whose_workspace_they_read(workspace: Path, tmp_path: Path, words: tuple[str, ...]) -> None:
    found = run(workspace, *words, *([str(tmp_path / "b.html")] if words[-1] == "--out" else []))
    assert (found.exit_code, found.stderr) == (0, f"Workspace: {workspace} (Tiny & Sons)\n")
    assert "Workspace:" not in found.stdout


def test_check_says_what_fired(workspace: Path) -> None:
    keep(workspace, "alert", "quiet", {"when": "no_data", "hours": 11}, "No data")
    assert run(workspace, "check").exit_code == 0
    keep(workspace, "alert", "few", {"when": "below", "metric": "active_users", "value": 1000}, "Few people")
    found = run(workspace, "check", "--format", "json")
    told = json.loads(found.stdout)
    assert (found.exit_code, told["state"], told["as_of"]) == (1, "fired", "2026-04-03T11:00:00+00:00")
    assert [(one["key"], one["state"]) for one in told["alerts"]] == [("few", "fired"), ("quiet", "fine")]
    keep(workspace, "alert", "gone", {"when": "below", "metric": "gone", "value": 1}, "Gone")
    assert run(workspace, "check").exit_code == 2
    assert "unknown: Gone. It could not be evaluated: its metric “gone” is gone from" in run(workspace, "check").output


def test_a_digest_has_every_number_with_its_link(workspace: Path) -> None:
    found = run(workspace, "digest", "--url", "http://pulse.example")
    assert found.exit_code == 0, found.output
    first = "# Tiny & Sons: Pulse\n\nTarget not reached: Active people. Active people stood at "
    assert found.stdout.startswith(first), "what is behind stands first"
    assert re.search(r"- \*\*Active people\*\* \[\d+\]\(http://pulse\.example/explore\?ask=metric&", found.output)
    assert found.output.rstrip().endswith("Last event 3 April 2026, 11:00 · 10 hours old.")


def test_a_digest_of_old_data_is_a_notice(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "present", lambda: datetime(2026, 4, 5, tzinfo=UTC))
    found = run(workspace, "digest")
    assert found.exit_code == 2 and "no digest" in found.output and "The data is too old" in found.output
    assert "Active people" not in found.output
    assert run(workspace, "digest", "--allow-old").exit_code == 0


def test_a_digest_with_a_gap_is_a_notice(workspace: Path) -> None:
    keep(workspace, "pulse", "another", {"tiles": [{"metric": "gone"}]})
    found = run(workspace, "digest", "--format", "html")
    assert found.exit_code == 2 and "There is no metric “gone”" in found.output
    assert "<h1>Tiny &amp; Sons: no digest</h1>" in found.output


def test_damaged_state_is_a_notice(workspace: Path) -> None:
    (workspace / "app.db").write_bytes(b"no database" * 1000)
    found = run(workspace, "digest")
    assert found.exit_code == 2 and found.stdout.startswith("# Tiny & Sons: no digest")


def test_the_brief_is_one_page_that_asks_for_nothing(workspace: Path, tmp_path: Path) -> None:
    store = Store(workspace)
    store.annotations.add(date(2026, 4, 20), "<script>x</script> & more", "launch", author="ana")
    store.close()
    file = tmp_path / "brief.html"
    found = run(workspace, "brief", "--out", str(file), "--url", "http://pulse.example/")
    assert found.exit_code == 0, found.output
    text = file.read_text("utf-8")
    assert "<script" not in text and "&lt;script&gt;" in text
    assert not re.search(r"<(?:img|link|iframe|script|object)\b|url\(|@import|\bsrc=", text)
    linked = re.findall(r'href="([^"]*)"', text)
    assert linked and all(one.startswith(("http://pulse.example/", "#")) for one in linked if "w3.org" not in one)
    assert text.count("<svg") >= 3 and "in 16 days" in text
    assert run(workspace, "brief", "--out", str(tmp_path / "none" / "b.html")).exit_code == 2


# --- mail -------------------------------------------------------------------------------------------------------------


class MailServer(socketserver.TCPServer):
    """A mail server that keeps what it is given."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.kept: list[str] = []


class Talk(socketserver.StreamRequestHandler):
    """What the mail server says to one who writes."""

    def handle(self) -> None:
        assert isinstance(self.server, MailServer)
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "DATA":
                self.wfile.write(b"354 go on\r\n")
                body = []
                while (text := self.rfile.readline().decode().rstrip("\r\n")) != ".":
                    body.append(text)
                self.server.kept.append("\n".join(body))
            if word == "RCPT" and "refused@" in line:
                self.wfile.write(b"550 nobody\r\n")
                continue
            self.wfile.write(b"221 bye\r\n" if word == "QUIT" else b"250 yes\r\n")
            if word == "QUIT":
                return


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as found:
        thread = threading.Thread(target=found.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        found.shutdown()
        thread.join()


def configured(folder: Path, port: int, to: str = '"all@tiny.example"') -> None:
    file = folder / "growthops.toml"
    told = f'[mail]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nsender = "us@tiny.example"\nto = [{to}]\n'
    file.write_text(f"{file.read_text('utf-8')}\n{told}", "utf-8")


def test_a_digest_is_sent_where_that_is_set_up(workspace: Path, server: MailServer) -> None:
    refused = run(workspace, "digest", "--send")
    assert refused.exit_code == 2 and "[mail]" in refused.output and server.kept == []
    configured(workspace, server.server_address[1])
    assert run(workspace, "digest").exit_code == 0 and server.kept == [], "only when asked to"
    assert run(workspace, "digest", "--send").exit_code == 0
    sent = message_from_string(server.kept[0], policy=policy.default)
    assert (sent["From"], sent["To"]) == ("us@tiny.example", "all@tiny.example")
    assert sent["Subject"] == "Tiny & Sons: Target not reached: Active people"
    plain = sent.get_body(("plain",))
    assert plain is not None and "Active people" in plain.get_content()


def test_what_fails_is_sent_as_a_notice(workspace: Path, server: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    configured(workspace, server.server_address[1])
    monkeypatch.setattr(commands, "present", lambda: datetime(2026, 4, 5, tzinfo=UTC))
    assert run(workspace, "digest", "--send").exit_code == 2
    sent = message_from_string(server.kept[0], policy=policy.default)
    plain = sent.get_body(("plain",))
    assert sent["Subject"] == "Tiny & Sons: no digest" and plain is not None
    assert "too old" in plain.get_content() and "Active people" not in plain.get_content()


def test_a_server_that_refuses_or_is_not_there(workspace: Path, server: MailServer) -> None:
    configured(workspace, server.server_address[1], '"refused@tiny.example"')
    found = run(workspace, "digest", "--send")
    assert found.exit_code == 2 and "Nothing was sent" in found.output
    nobody = Mail(host="127.0.0.1", port=1, security="none", sender="a@b.example", to=("c@d.example",))
    with pytest.raises(mail.MailError, match=r"127\.0\.0\.1:1 failed"):
        mail.send(nobody, mail.message(nobody, "S", "text"), {})


def test_nothing_blank_and_no_password_from_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """T44: the password comes from the environment alone, and is in no message."""
    to: dict[str, Any] = {"sender": "a@b.example", "to": ("c@d.example",)}
    settings = Mail(host="127.0.0.1", user="us", **to)
    with pytest.raises(mail.MailError, match="would be blank"):
        mail.message(settings, "S", " \n")
    with pytest.raises(mail.MailError, match="the environment has no GROWTHOPS_MAIL_PASSWORD for us"):
        mail.send(settings, mail.message(settings, "S", "text"), {})
    with pytest.raises(ValueError, match="in the clear"):
        Mail(host="127.0.0.1", user="us", security="none", **to)
    with pytest.raises(ValueError, match="write `sender` and `to`"):
        Mail(host="127.0.0.1")

    def refuse(*_: object, **__: object) -> None:
        raise smtplib.SMTPAuthenticationError(535, b"no, not hunter2")

    monkeypatch.setattr(smtplib, "SMTP", refuse)
    with pytest.raises(mail.MailError) as failed:
        mail.send(settings, mail.message(settings, "S\nBcc: x", "text"), {"GROWTHOPS_MAIL_PASSWORD": "hunter2"})
    assert "hunter2" not in str(failed.value)


def test_links_lead_to_where_it_was_served_last(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "brief.html"
    said = run(workspace, "brief", "--out", str(file)).output
    assert "links to http://localhost:8501." in said and 'href="http://localhost:8501/' in file.read_text("utf-8")
    monkeypatch.setenv("GROWTHOPS_WORKSPACE", str(workspace))
    assert note_served("https://growth.example.com/team") == "https://growth.example.com/team"
    assert "links to https://growth.example.com/team." in run(workspace, "brief", "--out", str(file)).output
    assert "https://growth.example.com/team/" in run(workspace, "digest").output
    (workspace / ".address").write_text("javascript:alert(1)", "utf-8")
    assert "links to http://localhost:8501." in run(workspace, "brief", "--out", str(file)).output
