"""Where the files of a model are: a folder, or a repository of the hub at one commit."""

from lexel.hub.model_files import ModelFiles, open_files
from lexel.hub.repository import is_offline

__all__ = ["ModelFiles", "is_offline", "open_files"]
