"""Where the executables of the bundle begin."""

import multiprocessing
import sys


def main() -> None:
    """Open the desk or run a command; or speak, where the desk asks for it."""
    # The word is app.desktop.speech_process.AS_PROGRAM, which imports Qt.
    if sys.argv[1:2] == ["--speak"]:
        from app.desktop import speech_process

        for stream in (sys.stdin, sys.stdout):
            # Lines of JSON between two of our own programs, whatever the code page.
            stream.reconfigure(encoding="utf-8")
        sys.exit(speech_process.main(sys.argv[2:]))
    from app.start import main

    main()


if __name__ == "__main__":
    # Training starts further processes, and each of them is this executable again.
    multiprocessing.freeze_support()
    main()
