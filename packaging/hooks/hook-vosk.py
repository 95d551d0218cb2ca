"""Vosk loads its library by its path beside the module: no import shows it."""

from PyInstaller.utils.hooks import collect_dynamic_libs

binaries = collect_dynamic_libs("vosk")
