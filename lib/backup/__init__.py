"""A workspace as one file, made while it is in use, and the way back."""

from lib.backup.archive import Backup, make_backup
from lib.backup.recovery import Recovered, restore_backup

__all__ = ["Backup", "Recovered", "make_backup", "restore_backup"]
