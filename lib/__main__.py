"""The launcher: `growthops` when installed, `python -m lib` in a checkout.

Everything else imports `lib.…` and reads files beside `streamlit_app.py`, so the folder that holds both goes
first on the path before anything of ours is imported. Installed, that folder is the package `growthops`.
"""

import sys
from pathlib import Path


def main() -> None:
    """Run the command line from the folder this file was started in."""
    home = str(Path(__file__).resolve().parent.parent)
    if sys.path[:1] != [home]:
        sys.path.insert(0, home)
    from lib.cli import main as command

    command()


if __name__ == "__main__":
    main()
