"""Asking for the name of a file."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from app.system.diagnostics import archive_name


def _tr(text: str) -> str:
    return QCoreApplication.translate("asking", text)


def ask_for_archive(over: QWidget, chosen: Callable[[str], None]) -> QFileDialog:
    """Ask where an archive for whoever looks into a fault goes."""
    proposed = str(Path.home() / archive_name(datetime.now().astimezone()))
    kind = _tr("诊断包 (*.zip)")
    title = _tr("保存诊断包")
    return ask_where(over, title, proposed, kind, "zip", chosen, replaces=True)


def ask_where(
    over: QWidget,
    title: str,
    proposed: str,
    kind: str,
    suffix: str,
    chosen: Callable[[str], None],
    *,
    replaces: bool,
) -> QFileDialog:
    """Ask where something is to be written; `kind` names such files.

    `replaces` says whether a file that is there already is written over: then the
    dialog asks first. Otherwise whoever writes refuses, and nobody is asked in vain.
    """
    dialog = QFileDialog(over, title, proposed)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setNameFilters([kind])
    dialog.setDefaultSuffix(suffix)
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite, not replaces)
    return _open(dialog, chosen)


def ask_which(
    over: QWidget, title: str, kind: str, chosen: Callable[[str], None]
) -> QFileDialog:
    """Ask which file is to be read; `kind` names such files."""
    dialog = QFileDialog(over, title)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.setNameFilters([kind])
    return _open(dialog, chosen)


def _open(dialog: QFileDialog, chosen: Callable[[str], None]) -> QFileDialog:
    dialog.fileSelected.connect(chosen)
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog
