"""Fetching a model: its sources in order, each one downloaded, checked, unpacked."""

import logging
from collections.abc import Collection
from pathlib import Path

from app.core.cancel import CancelToken
from app.core.errors import ModelMissingError
from app.modelstore.bundles import UNREADABLE, find_model, open_bundle
from app.modelstore.catalogue import Artefact, Source
from app.modelstore.download import DownloadError
from app.modelstore.files import WrongBytesError, sha256_of
from app.modelstore.install import empty, install
from app.modelstore.progress import Listener, Progress, Step
from app.modelstore.sources import FETCHERS

log = logging.getLogger(__name__)


def fetch_first(
    artefact: Artefact,
    folder: Path,
    work: Path,
    hosts: Collection[str],
    progress: Listener,
    cancel: CancelToken,
) -> Path:
    """Put a model into `folder` from the first source that works; give its place.

    Raises:
        ModelMissingError: None worked; the sentence says why, one by one.
        OSError: The folder cannot be written to.
        Cancelled.
    """
    failures = []
    for source in artefact.sources:
        try:
            place = _fetch(source, artefact, folder, work, hosts, progress, cancel)
        except (DownloadError, WrongBytesError) as error:
            failures.append(f"{source.location}: {error}")
            log.info("source failed: %s", failures[-1])
            progress(Progress(step=Step.TROUBLE, note=failures[-1]))
        else:
            empty(work)
            return place
    raise ModelMissingError(
        f"模型 {artefact.name} 没有取得: {'; '.join(failures)}",
        "请检查网络、代理和软件源设置后重试; 或在能上网的机器上下载该文件, "
        "拷贝到本机后运行 griddesk models import 文件。",
    )


def _fetch(
    source: Source,
    artefact: Artefact,
    folder: Path,
    work: Path,
    hosts: Collection[str],
    progress: Listener,
    cancel: CancelToken,
) -> Path:
    note = source.location

    def on_total(done: int) -> None:
        progress(
            Progress(step=Step.DOWNLOADING, done=done, total=source.size, note=note)
        )

    on_total(0)
    archive = FETCHERS[source.kind](
        source, work, hosts=hosts, cancel=cancel, on_total=on_total
    )
    progress(Progress(step=Step.CHECKING, note=note))
    if sha256_of(archive, cancel=cancel, on_bytes=lambda _: None) != source.sha256:
        # Nothing of it may be continued by the next attempt.
        archive.unlink()
        raise WrongBytesError("下载的文件 SHA-256 与目录不符, 已丢弃")
    try:
        bundle = open_bundle(archive)
    except UNREADABLE as error:
        raise WrongBytesError(f"下载的文件无法打开 ({error})") from error
    try:
        prefix = find_model(bundle, artefact)
        if prefix is None:
            raise WrongBytesError("下载的文件里没有这个模型")
        return install(bundle, prefix, artefact, folder, work, progress, cancel)
    finally:
        bundle.close()
