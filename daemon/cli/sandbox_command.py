"""`daybridge sandbox`: both sandboxes on loopback until Ctrl-C; the first line on stdout says how to reach them."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import signal
import ssl
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from daemon.sandbox.domino import DominoOptions, DominoSandbox
from daemon.sandbox.domino.importing import LoadReport, NotACalendar, decode
from daemon.sandbox.domino.options import FEATURES as DOMINO_FEATURES
from daemon.sandbox.domino.people import JANE
from daemon.sandbox.salesforce import FEATURES as SALESFORCE_FEATURES, SalesforceOptions, SalesforceSandbox
from daemon.sandbox.seed import Story, demo, numbered

_MOST_NUMBERED = 200_000


def _feature_help() -> str:
    """Return the list of features for --help, one paragraph of lines that click does not wrap."""
    lines = ["\b", "Features of the Salesforce sandbox (NAME or salesforce.NAME):"]
    lines += [f"  {one.name} [{_shown(one.default)}]: {one.help}" for one in SALESFORCE_FEATURES]
    lines += ["", "\b", "Features of the Domino sandbox (domino.NAME):"]
    lines += [f"  domino.{name} [{_shown(default)}]: {text}" for name, (_, default, text) in DOMINO_FEATURES.items()]
    return "\n".join(lines)


def _shown(value: object) -> str:
    """Write a default the way it is given on the command line."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(value) if isinstance(value, tuple) else str(value)


class _BadFile(click.ClickException):
    """A calendar file that cannot be used: one sentence on stderr, exit code 2."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class _Setup:
    """What the command line asked for."""

    salesforce_port: int
    domino_port: int
    tls: bool
    seed: str
    salesforce: SalesforceOptions
    domino: DominoOptions
    calendar: str | None


@click.command("sandbox", epilog=_feature_help())
@click.option(
    "--salesforce-port", type=click.IntRange(0, 65535), default=0, help="Port of Salesforce; 0: any free one."
)
@click.option("--domino-port", type=click.IntRange(0, 65535), default=0, help="Port of Domino; 0: any free one.")
@click.option(
    "--tls", is_flag=True, help="Serve https with a certificate made now; its authority's file is in the line."
)
@click.option("--seed", default="demo", show_default=True, help="What they hold: empty, demo, or N Notes entries.")
@click.option("--feature", "features", multiple=True, metavar="NAME=VALUE", help="Switch a property; see below.")
@click.option(
    "--notes-calendar",
    type=click.Path(path_type=Path),
    help="Put an exported calendar (.ics) into the Notes mail file instead of a seed.",
)
def sandbox(
    salesforce_port: int,
    domino_port: int,
    tls: bool,
    seed: str,
    features: tuple[str, ...],
    notes_calendar: Path | None,
) -> None:
    """Run the Salesforce and the Domino sandbox on 127.0.0.1 until Ctrl-C.

    The first line on stdout is one JSON object with addresses, names and passwords.
    """
    salesforce_features, domino_features = _split(features)
    try:
        salesforce = SalesforceOptions.from_features(salesforce_features)
        domino = DominoOptions.from_features(domino_features)
        if domino.zone:
            ZoneInfo(domino.zone)
    except (ValueError, KeyError, OSError) as error:
        raise click.UsageError(str(error).strip("'\"")) from error
    text = None if notes_calendar is None else _read_calendar(notes_calendar)
    _check_seed(seed)
    setup = _Setup(salesforce_port, domino_port, tls, seed, salesforce, domino, text)
    try:
        asyncio.run(_serve(setup))
    except OSError as error:
        click.echo(f"Error: A sandbox cannot listen: {error.strerror}. Choose another port.", err=True)
        sys.exit(1)


def _split(features: tuple[str, ...]) -> tuple[dict[str, str], dict[str, str]]:
    """Sort the features by side."""
    salesforce: dict[str, str] = {}
    domino: dict[str, str] = {}
    for feature in features:
        name, equals, value = feature.partition("=")
        if not equals:
            raise click.UsageError(f"A feature is written NAME=VALUE, not {feature!r}.")
        if name.startswith("domino."):
            domino[name.removeprefix("domino.")] = value
        else:
            salesforce[name.removeprefix("salesforce.")] = value
    return salesforce, domino


def _check_seed(seed: str) -> None:
    """Refuse a seed that is none."""
    if seed not in {"empty", "demo"} and not (seed.isdecimal() and int(seed) <= _MOST_NUMBERED):
        raise click.UsageError(f"--seed is empty, demo or a number up to {_MOST_NUMBERED}, not {seed!r}.")


def _read_calendar(path: Path) -> str:
    """Return the text of a calendar file; one sentence and exit code 2 where it is none."""
    try:
        text = decode(path.read_bytes())
        DominoSandbox().load(JANE.mail_file, text)
    except OSError as error:
        raise _BadFile(f"{path} cannot be read: {error.strerror}.") from error
    except NotACalendar as error:
        raise _BadFile(f"{path} cannot be used. {error}") from error
    return text


async def _serve(setup: _Setup) -> None:
    """Start both, say where they are, wait for a signal, stop both."""
    salesforce, domino = SalesforceSandbox(setup.salesforce), DominoSandbox(setup.domino)
    report = _fill(setup, salesforce, domino)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(name, stop.set)
        except NotImplementedError:  # Windows: no loop handlers there
            signal.signal(name, lambda *_: loop.call_soon_threadsafe(stop.set))
    with _certificates(setup.tls) as (context, ca_file):
        try:
            salesforce_url = await salesforce.start(setup.salesforce_port, context)
            domino_url = await domino.start(setup.domino_port, context)
            line: dict[str, Any] = {
                "salesforce": {"url": salesforce_url, **salesforce.people()},
                "domino": {"url": domino_url, **domino.people()},
            }
            if ca_file is not None:
                line["ca_file"] = str(ca_file)
            if report is not None:
                line["notes_calendar"] = _summary(report)
            print(json.dumps(line), flush=True)
            await stop.wait()
        finally:
            await domino.stop()
            await salesforce.stop()


def _fill(setup: _Setup, salesforce: SalesforceSandbox, domino: DominoSandbox) -> LoadReport | None:
    """Put the seed in; a calendar file takes the place of the Notes part and leaves Salesforce empty."""
    if setup.calendar is not None:
        return domino.load(JANE.mail_file, setup.calendar)
    for text in (story := _story(setup)).notes:
        domino.load(JANE.mail_file, text)
    for record in story.salesforce:
        fields = {name: value for name, value in record.items() if name != "_key"}
        # The dates of a series are made by the org itself; everything else as a person would over REST.
        (salesforce.seed if "_series" in fields else salesforce.insert)("Event", fields)
    return None


def _story(setup: _Setup) -> Story:
    """Return what the seed says."""
    today = datetime.now(UTC).date()
    if setup.seed == "empty":
        return Story([], [], {})
    if setup.seed == "demo":
        return demo(today, setup.salesforce.time_zone)
    return numbered(int(setup.seed), today)


def _summary(report: LoadReport) -> Mapping[str, object]:
    """Return what the Sandbox line says about a calendar file."""
    return {
        "events": report.stored,
        "first": None if report.first is None else report.first.isoformat(),
        "last": None if report.last is None else report.last.isoformat(),
        "reasons": report.reasons,
        "remarks": report.remarks,
    }


@contextlib.contextmanager
def _certificates(tls: bool) -> Iterator[tuple[ssl.SSLContext | None, Path | None]]:
    """Make an authority and a server certificate for loopback; the files go away with the sandboxes."""
    if not tls:
        yield None, None
        return
    with tempfile.TemporaryDirectory(prefix="daybridge-sandbox-") as folder:
        ca_key, ca = _authority()
        key, certificate = _server_certificate(ca_key, ca)
        ca_file, chain, key_file = (Path(folder, name) for name in ("ca.pem", "server.pem", "server.key"))
        ca_file.write_bytes(ca.public_bytes(serialization.Encoding.PEM))
        chain.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        key_file.touch(mode=0o600)
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key_file)
        yield context, ca_file


def _authority() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """Make an authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Daybridge sandbox authority")])
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    builder = (
        _builder(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return key, builder.sign(key, hashes.SHA256())


def _server_certificate(
    ca_key: ec.EllipticCurvePrivateKey, ca: x509.Certificate
) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    """Make the certificate of both servers."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    loopback = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    builder = (
        _builder(name, ca.subject, key)
        .add_extension(x509.SubjectAlternativeName(loopback), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False)
    )
    return key, builder.sign(ca_key, hashes.SHA256())


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    """Begin a certificate that is good for a month."""
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=30))
    )
