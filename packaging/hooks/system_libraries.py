"""Runs before the program: loads libraries that this system lacks from the bundle.

Once a library is loaded, whoever needs one of its name gets it, so this must come
before Qt and PortAudio. See lacking.py.
"""

import ctypes
import ctypes.util
import os
import sys

_HERE = os.path.join(sys._MEIPASS, "fallback")


def _load(names):
    try:
        ctypes.CDLL(names[-1])
    except OSError:
        for name in names:
            ctypes.CDLL(os.path.join(_HERE, name))


def _bundled_first(find):
    # Looking for a library takes tools that a desk does not have.
    def found(name):
        own = os.path.join(sys._MEIPASS, f"lib{name}.so.2")
        return own if name == "portaudio" and os.path.exists(own) else find(name)

    return found


def _main():
    try:
        with open(os.path.join(_HERE, "order.txt"), encoding="ascii") as order:
            groups = [line.split() for line in order]
    except FileNotFoundError:
        return
    for names in groups:
        try:
            _load(names)
        except OSError:
            # The self-test names what is missing, with its remedy.
            continue
    if not os.path.exists("/usr/share/alsa/alsa.conf"):
        os.environ.setdefault("ALSA_CONFIG_DIR", os.path.join(_HERE, "alsa"))
    ctypes.util.find_library = _bundled_first(ctypes.util.find_library)


def _restore_path():
    # The loader of the bundle has read it. Programs of the system that are started
    # from here – a file manager, a speech service – must get the system's libraries.
    before = os.environ.pop("LD_LIBRARY_PATH_ORIG", "")
    os.environ.pop("LD_LIBRARY_PATH", None)
    if before:
        os.environ["LD_LIBRARY_PATH"] = before


_restore_path()
_main()
