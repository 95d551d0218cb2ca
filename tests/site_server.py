"""Servers for tests: real ones, on a free port of the loopback, gone with the block.

    async with serving(Starlette(routes=[...])) as url: ...      # on the test's loop
    with serving_in_thread(app) as url: ...                      # for tests without one
    async with raw_serving(answer) as raw: ... raw.url           # byte by byte
    authority = Authority(tmp_path)                              # a private CA
    async with serving(app, authority.issue("127.0.0.1")) as url: ...   # https

A raw server is for what an ASGI server would never send: it reads one request, hands
it to `answer`, and closes the connection when `answer` returns:

    async def answer(call: RawCall) -> None:
        await call.send(b"HTTP/1.1 200 OK\\r\\nContent-Length: 99\\r\\n\\r\\n{")
        await call.gone.wait()        # the other side has closed the connection
"""

import asyncio
import ipaddress
import queue
import ssl
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST: Final = "127.0.0.1"
App = Callable[..., Any]
"""An ASGI application, e.g. `starlette.applications.Starlette`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A server's certificate and its key, as PEM files."""

    certificate: Path
    key: Path

    def context(self) -> ssl.SSLContext:
        """Give the server's side of TLS, for `raw_serving`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


class Authority:
    """A private CA in a folder: `ca_file` is what the desk is given."""

    def __init__(self, folder: Path, name: str = "test authority") -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(name)
        self.ca_file: Final = folder / f"{name.replace(' ', '-')}.pem"
        now = datetime.now(UTC)
        own = self._start(self._name, self._key, now, now + timedelta(days=30))
        own = own.add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        ).add_extension(_MAY_SIGN, critical=True)
        signed = own.sign(self._key, hashes.SHA256())
        self.ca_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))

    def issue(self, *hosts: str, expired: bool = False) -> Certificate:
        """Issue a certificate for these host names or addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        until = datetime.now(UTC) + timedelta(days=-1 if expired else 7)
        made = (
            self._start(_name(hosts[0]), key, until - timedelta(days=14), until)
            .add_extension(
                x509.SubjectAlternativeName([_alternative(host) for host in hosts]),
                critical=False,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    self._key.public_key()
                ),
                critical=False,
            )
            .sign(self._key, hashes.SHA256())
        )
        stem = f"server-{made.serial_number}"
        issued = Certificate(
            certificate=self._folder / f"{stem}.pem",
            key=self._folder / f"{stem}.key",
        )
        issued.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        issued.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return issued

    def _start(
        self,
        subject: x509.Name,
        key: ec.EllipticCurvePrivateKey,
        since: datetime,
        until: datetime,
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(since)
            .not_valid_after(until)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
                critical=False,
            )
        )


_MAY_SIGN: Final = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


class _Server(uvicorn.Server):
    """Says when it listens, and leaves the process's signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening: Final = asyncio.Event()
        self.over: Final = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    async def main_loop(self) -> None:
        await self.over.wait()

    async def shutdown(self, sockets: Any = None) -> None:
        # uvicorn's own waits by the tenth of a second; mostly there is nothing to wait
        # for, and there are many tests.
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        for _ in range(10):
            await asyncio.sleep(0)
        if self.server_state.connections or self.server_state.tasks:
            await super().shutdown(sockets)

    @property
    def port(self) -> int:
        return int(self.servers[0].sockets[0].getsockname()[1])


@asynccontextmanager
async def serving(
    app: App, certificate: Certificate | None = None
) -> AsyncIterator[str]:
    """Serve an ASGI app on this event loop; gives `http(s)://127.0.0.1:PORT`.

    No `Date` is sent but the app's own: tests hold the clock.
    """
    server = _Server(
        uvicorn.Config(
            app,
            host=HOST,
            port=0,
            lifespan="off",
            ws="none",
            http="h11",
            log_config=None,
            log_level="error",
            access_log=False,
            date_header=False,
            timeout_graceful_shutdown=1,
            ssl_certfile=certificate and str(certificate.certificate),
            ssl_keyfile=certificate and certificate.key,
        )
    )
    task = asyncio.ensure_future(server.serve())
    listening = asyncio.ensure_future(server.listening.wait())
    await asyncio.wait({task, listening}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        listening.cancel()
        await task
    scheme = "https" if certificate else "http"
    try:
        yield f"{scheme}://{HOST}:{server.port}"
    finally:
        server.over.set()
        await task


@contextmanager
def serving_in_thread(
    app: App, certificate: Certificate | None = None
) -> Iterator[str]:
    """Serve an ASGI app on an event loop of its own, in a thread that is joined."""
    told: queue.Queue[tuple[str, Callable[[], object]] | BaseException] = queue.Queue()

    async def serve() -> None:
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        async with serving(app, certificate) as url:
            told.put((url, lambda: loop.call_soon_threadsafe(over.set)))
            await over.wait()

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            told.put(error)
            raise

    thread = threading.Thread(target=run, name="site server")
    thread.start()
    started = told.get()
    if isinstance(started, BaseException):
        thread.join()
        raise started
    url, stop = started
    try:
        yield url
    finally:
        stop()
        thread.join()


@dataclass(frozen=True, slots=True)
class RawCall:
    """One request as it came, and what to answer it with."""

    head: str
    """Request line and headers, without the empty line."""
    body: bytes
    gone: asyncio.Event
    """Set when the other side has closed the connection."""
    _writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        """Send these bytes now; nothing happens if the other side is gone."""
        with suppress(ConnectionError):
            self._writer.write(data)
            await self._writer.drain()

    async def trickle(self, data: bytes, *, every_s: float = 1.0) -> None:
        """Send a byte, wait, send the next, until all is sent or nobody listens."""
        for byte in data:
            await self.send(bytes([byte]))
            with suppress(TimeoutError):
                await asyncio.wait_for(self.gone.wait(), every_s)
                return

    def reset(self) -> None:
        """Drop the connection at once."""
        self._writer.transport.abort()


@dataclass(slots=True)
class RawServer:
    """A raw server and what came to it."""

    url: str = ""
    calls: list[RawCall] = field(default_factory=list)
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the first request has come."""


@asynccontextmanager
async def raw_serving(
    answer: Callable[[RawCall], Awaitable[None]], certificate: Certificate | None = None
) -> AsyncIterator[RawServer]:
    """Serve TCP on this event loop: one request a connection, answered by `answer`."""
    raw = RawServer()
    talks: set[asyncio.Task[Any]] = set()
    answers: set[asyncio.Task[None]] = set()
    wrong: list[BaseException] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Only `answering` is ever cancelled, so the connection is always closed.
        talks.add(own := asyncio.current_task())  # type: ignore[arg-type]
        answering = asyncio.ensure_future(_answered(reader, writer, raw, answer))
        answers.add(answering)
        await asyncio.wait({answering})
        if not answering.cancelled() and (error := answering.exception()):
            wrong.append(error)
        await _end(writer)
        talks.discard(own)  # type: ignore[arg-type]

    context = certificate and certificate.context()
    server = await asyncio.start_server(talk, HOST, 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    raw.url = f"{'https' if certificate else 'http'}://{HOST}:{port}"
    try:
        yield raw
    finally:
        server.close()
        await asyncio.sleep(0)  # what was accepted last begins to talk
        for answering in answers:
            answering.cancel()
        if talks:
            await asyncio.wait(tuple(talks))
        await server.wait_closed()
    if wrong:
        raise wrong[0]


async def _answered(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    raw: RawServer,
    answer: Callable[[RawCall], Awaitable[None]],
) -> None:
    try:
        call = await _read(reader, writer)
    except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
        return  # connected, and gone without asking
    watching = asyncio.ensure_future(_watch(reader, call.gone))
    raw.calls.append(call)
    raw.asked.set()
    try:
        await answer(call)
    finally:
        watching.cancel()


async def _read(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> RawCall:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip()
    length = 0
    for line in head.splitlines()[1:]:
        key, _, value = line.partition(":")
        if key.strip().lower() == "content-length":
            length = int(value)
    body = await reader.readexactly(length)
    return RawCall(head, body, asyncio.Event(), writer)


async def _end(writer: asyncio.StreamWriter) -> None:
    """Close in good order what can be, and drop it when the test is over."""
    writer.close()
    with suppress(ConnectionError, ssl.SSLError, TimeoutError):
        await asyncio.wait_for(writer.wait_closed(), 1)
    writer.transport.abort()


async def _watch(reader: asyncio.StreamReader, gone: asyncio.Event) -> None:
    with suppress(ConnectionError, ssl.SSLError):
        await reader.read()
    gone.set()
