"""qasync takes the Qt that is imported already, or looks for each by its name."""

import sys

hiddenimports = ["PySide6.QtCore", "PySide6.QtGui", "PySide6.QtWidgets"]
hiddenimports += ["qasync._windows" if sys.platform == "win32" else "qasync._unix"]
excludedimports = ["PyQt5", "PyQt6", "PySide2"]
