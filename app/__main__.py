"""`python -m app` is the command `griddesk`."""

from app.start import main

if __name__ == "__main__":
    main()
