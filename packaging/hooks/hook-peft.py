"""Versions that are asked for, and the text of a model card that peft writes."""

from PyInstaller.utils.hooks import collect_data_files, copy_metadata

datas = copy_metadata("peft") + copy_metadata("accelerate")
datas += collect_data_files("huggingface_hub", includes=["templates/*.md"])
