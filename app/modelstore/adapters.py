"""The adapters of this desk: imported, listed, activated, rolled back.

Everything lies in one folder of the user data:

    <name>/            an imported package, unpacked
    active.json        which adapter does which task, and which did before
    signers.json       the keys this desk trusts
    base.json          the hash of the model, as long as its files do not change

An adapter is activated by replacing `active.json` as a whole, so that a desk always
has one or the other.
"""

import logging
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app.core.adapters import SHIPPED, AdapterSheet, Task, Trust
from app.core.cancel import CancelToken
from app.core.errors import (
    MissingError,
    ModelCorruptError,
    ModelMissingError,
    UsageError,
    UserFacingError,
)
from app.modelstore.active import ActiveFile, Choice, Use
from app.modelstore.bases import KnownSums, check_fits, tokenizer_sha256
from app.modelstore.locking import BusyError, exclusive
from app.modelstore.packages import (
    ADAPTER,
    CARD,
    EVALUATION,
    PAGE,
    Package,
    PackageCard,
    is_name,
)
from app.modelstore.signing import TrustedSigners
from app.modelstore.troubles import unwritable
from app.modelstore.unpacked import (
    card_of,
    changed_file,
    figures_in,
    signer_of,
    sums_of,
)
from app.system.signing import same_fingerprint

log = logging.getLogger(__name__)

_LOCK: Final = "shelf.lock"


class AdapterShelf:
    """Adapters in a folder, for the model at `base`. Methods block."""

    def __init__(
        self,
        folder: Path,
        base: Callable[[], Path],
        *,
        override: str = "",
        on_chosen: Callable[[], object] = lambda: None,
    ) -> None:
        """Keep adapters in `folder`.

        Args:
            folder: Where they lie; made when the first comes.
            base: Gives the folder of the desk's model. May raise `UserFacingError`
                where there is none.
            override: Name of an adapter that wins over the active one.
            on_chosen: Called after another adapter has become the active one.
        """
        self.override: Final = override
        self._on_chosen = on_chosen
        self._folder = folder
        self._base = base
        self._active = ActiveFile(folder / "active.json")
        self._signers = TrustedSigners(folder / "signers.json")
        self._sums = KnownSums(folder / "base.json")

    def sheets(self) -> Sequence[AdapterSheet]:
        """Give every adapter, the shipped one first."""
        use = self._active.known().use
        names = [path.parent.name for path in sorted(self._folder.glob(f"*/{CARD}"))]
        found = [self._shipped(), *map(self._sheet, names)]
        return [use.on(one) for one in found if one]

    def import_package(
        self,
        path: Path,
        *,
        trust: str = "",
        accept: bool = False,
        cancel: CancelToken | None = None,
    ) -> AdapterSheet:
        """Take an adapter from a package; it is not active yet.

        Args:
            path: What `griddesk tune package` wrote.
            trust: Fingerprint of a signer to trust from now on.
            accept: Take a package nobody known signed, this once.
            cancel: Stops the copying.

        Raises:
            UsageError: It is no package, its signer is not trusted, or the name is
                taken.
            ModelCorruptError: It was changed, or does not fit the desk's model.
            MissingError: It cannot be written, or there is no model.
            Cancelled: The token was set.
        """
        cancel = cancel or CancelToken()
        with Package(path) as package, self._alone():
            self._check_signer(package, trust, accept=accept)
            self._check_base(package.card)
            place = self._folder / package.card.name
            known = place.exists() and self._same(place, package)
            if place.exists() and not known:
                raise UsageError(
                    f"已有名为 {package.card.name} 的另一个适配器",
                    f"请先运行 griddesk models remove {package.card.name}, "
                    "或请提供者换一个名称。",
                )
            if not known:
                self._unpack(package, place, cancel)
            if trust:
                self._signers.add(package.signer)
        return self._get(package.card.name)

    def activate(self, name: str, tasks: Iterable[Task] = tuple(Task)) -> AdapterSheet:
        """Let an adapter do `tasks` from now on; what did before is remembered.

        Raises:
            UsageError: There is no such adapter.
            ModelCorruptError: It cannot be used.
            MissingError: The choice cannot be written.
        """
        with self._alone():
            sheet = self._get(name)
            self._check_usable(sheet)
            choice = self._active.known()
            use = choice.use.given(name, tasks)
            self._active.write(choice.then(use))
        self._on_chosen()
        return use.on(sheet)

    def rollback(self) -> AdapterSheet:
        """Go back to what was in use before; skip what is gone.

        Give the adapter that understands commands now.

        Raises:
            UsageError: There was none.
            MissingError: The choice cannot be written.
        """
        with self._alone():
            former = list(self._active.known().former)
            use, sheet = Use(), None
            while former and sheet is None:
                use = former.pop()
                names = dict.fromkeys(use.tasks().values())
                # The one that understands is the first of them.
                found = [self._usable(name) for name in names]
                sheet = found[0] if all(found) else None
            if sheet is None:
                raise UsageError(
                    "没有可以回退的适配器",
                    "请用 griddesk models list 查看可用的适配器。",
                )
            self._active.write(Choice(use=use, former=tuple(former)))
        self._on_chosen()
        return use.on(sheet)

    def remove(self, name: str) -> None:
        """Delete an imported adapter that is not active.

        Raises:
            UsageError: There is no such adapter, it is active, or it was shipped.
            MissingError: It cannot be deleted.
        """
        with self._alone():
            sheet = self._get(name)
            if name == SHIPPED:
                raise UsageError("随程序附带的适配器不能删除")
            if self._active.known().use.tasks_of(name):
                raise UsageError(
                    f"适配器 {name} 正在使用", "请先运行 griddesk models rollback。"
                )
            # Gone at once: half a folder could be neither used nor replaced.
            with tempfile.TemporaryDirectory(dir=self._folder, prefix=".old-") as old:
                (self._folder / sheet.name).rename(Path(old) / sheet.name)

    def in_use(self) -> Mapping[Task, str]:
        """Give the name of the adapter that does each task.

        Raises:
            ModelCorruptError: The file that says so is damaged.
        """
        return self._active.read().use.tasks()

    def folder(self, name: str) -> Path | None:
        """Give the folder of an adapter; None: the shipped one, and none is.

        Raises:
            ModelCorruptError: It is not as it was imported, or of another model.
            UsageError: It is gone.
        """
        if name == SHIPPED:
            return self.shipped_folder()
        self._check_usable(self._get(name))
        return self._folder / name / ADAPTER

    def shipped_folder(self) -> Path | None:
        """Give the adapter beside the model, if there is one."""
        own = self._base() / ADAPTER
        return own if own.is_dir() else None

    def _shipped(self) -> AdapterSheet | None:
        try:
            base, own = self._base(), self.shipped_folder()
        except UserFacingError:
            return None
        if own is None:
            return None
        pages = [base / "evaluation.html", own / "evaluation.html"]
        return AdapterSheet(
            name=SHIPPED,
            title="随程序附带",
            base=base.name,
            base_sha256=self._base_sha256(),
            trust=Trust.SHIPPED,
            figures=figures_in(base / "evaluation.json")
            or figures_in(own / "evaluation.json"),
            evaluation=next((page for page in pages if page.is_file()), None),
        )

    def _get(self, name: str) -> AdapterSheet:
        sheet = self._shipped() if name == SHIPPED else None
        if sheet is None and is_name(name) and (self._folder / name / CARD).is_file():
            sheet = self._sheet(name)
        if sheet is None:
            known = ", ".join(one.name for one in self.sheets()) or "(没有)"
            raise UsageError(f"没有适配器 {name}", f"可用的适配器: {known}。")
        return sheet

    def _sheet(self, name: str) -> AdapterSheet:
        place = self._folder / name
        page = place / PAGE
        try:
            card = card_of(place)
        except ModelCorruptError as error:
            return AdapterSheet(
                name=name,
                title=name,
                base="",
                base_sha256="",
                trust=Trust.UNSIGNED,
                fault=error.message,
            )
        signer = signer_of(place)
        trust = Trust.UNKNOWN if signer else Trust.UNSIGNED
        if signer in self._signers.read():
            trust = Trust.KNOWN
        return AdapterSheet(
            name=name,
            title=card.title,
            base=card.base,
            base_sha256=card.base_sha256,
            made_at=card.made_at,
            trust=trust,
            signer=signer,
            figures=figures_in(place / EVALUATION),
            evaluation=page if page.is_file() else None,
            fault=self._other_base(card),
        )

    def _check_signer(self, package: Package, trust: str, *, accept: bool) -> None:
        """Refuse what nobody answers for, unless the installer does."""
        signer = package.signer
        if trust and not same_fingerprint(trust, signer):
            raise UsageError(
                f"适配器包由 {signer or '无人'} 签名, 不是 --trust 给出的 {trust}",
                "请向提供者核对指纹; 不符时请不要导入。",
            )
        if trust or accept or signer in self._signers.read():
            return
        if not signer:
            raise UsageError(
                f"适配器包 {package.path.name} 没有签名, 无法确认由谁提供",
                "确认来源可靠后, 请加上 --yes 导入。",
            )
        raise UsageError(
            f"适配器包 {package.path.name} 的签名人 {signer} 不在本机的信任名单中",
            f"请向提供者核对这个指纹, 相符时加上 --trust {signer}; "
            "只信任这一次时加上 --yes。",
        )

    def _check_base(self, card: PackageCard) -> None:
        if other := self._other_base(card):
            raise ModelCorruptError(
                f"适配器 {card.name} 不能用于本机: {other}",
                "请索取为本机的模型训练的适配器, 或先导入那个模型。",
            )

    def _other_base(self, card: PackageCard) -> str:
        """Say which model an adapter needs, if it is not the desk's."""
        try:
            base, sha256 = self._base(), self._base_sha256()
        except UserFacingError as error:
            return f"本机没有可用的模型 ({error.message})"
        if card.base_sha256 != sha256:
            return (
                f"它为模型 {card.base} (权重 {card.base_sha256[:16]}…) 训练, "
                f"本机的模型是 {base.name} (权重 {sha256[:16]}…)"
            )
        tokenizer = tokenizer_sha256(base)
        if card.tokenizer_sha256 != tokenizer:
            return (
                f"它为模型 {card.base} 的另一个分词器 "
                f"({card.tokenizer_sha256[:16]}…) 训练, 本机的是 {tokenizer[:16]}…"
            )
        return ""

    def _base_sha256(self) -> str:
        base = self._base()
        try:
            return self._sums.of(base)
        except OSError as error:
            raise ModelMissingError(
                f"模型 {base.name} 的权重无法读取 ({error.strerror or error})"
            ) from error

    def _usable(self, name: str) -> AdapterSheet | None:
        try:
            sheet = self._get(name)
            self._check_usable(sheet)
        except UserFacingError as error:
            log.info("rolling back over %s: %s", name, error)
            return None
        return sheet

    def _check_usable(self, sheet: AdapterSheet) -> None:
        """Make sure that every byte is as imported and fits the desk's model."""
        if sheet.fault:
            raise ModelCorruptError(
                f"适配器 {sheet.name} 不能使用: {sheet.fault}", _again(sheet.name)
            )
        if sheet.name == SHIPPED:
            return
        place = self._folder / sheet.name
        if changed := changed_file(place):
            raise ModelCorruptError(
                f"适配器 {sheet.name} 的文件 {changed}", _again(sheet.name)
            )
        check_fits(self._base(), place / ADAPTER)

    def _same(self, place: Path, package: Package) -> bool:
        try:
            return sums_of(place) == package.sums
        except UserFacingError:
            return False

    def _unpack(self, package: Package, place: Path, cancel: CancelToken) -> None:
        """Put a package in place once all of it is checked."""
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".new-") as work:
            fresh = Path(work) / package.card.name
            fresh.mkdir()
            package.unpack(fresh, cancel)
            check_fits(self._base(), fresh / ADAPTER)
            fresh.rename(place)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the shelf against every other process."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with exclusive(self._folder / _LOCK):
                yield
        except BusyError:
            raise MissingError(
                "另一个程序正在更改适配器", "请等它完成后再试。"
            ) from None
        except OSError as error:
            raise unwritable(self._folder, error) from error


def _again(name: str) -> str:
    if name == SHIPPED:
        return "请重新安装程序。"
    return (
        "正在使用时请先运行 griddesk models rollback; "
        f"再运行 griddesk models remove {name}, 并重新导入。"
    )
