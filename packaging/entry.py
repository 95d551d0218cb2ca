"""Where the executables of the bundle begin."""

import multiprocessing

from app.start import main

if __name__ == "__main__":
    # Training starts further processes, and each of them is this executable again.
    multiprocessing.freeze_support()
    main()
