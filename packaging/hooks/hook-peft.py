"""peft and accelerate are asked for their versions, by transformers among others."""

from PyInstaller.utils.hooks import copy_metadata

datas = copy_metadata("peft") + copy_metadata("accelerate")
