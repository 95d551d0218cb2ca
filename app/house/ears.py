"""What the desk hears with, made of its settings: recogniser and microphone."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from app.core.errors import UserFacingError
from app.settings.declaration import AlarmSettings, MicrophoneSettings
from app.system import paths
from app.system.worker import InferenceWorker

if TYPE_CHECKING:
    from app.hearing.alarm_tone import AlarmTone
    from app.hearing.microphone import SoundDeviceMicrophone
    from app.hearing.recognizer import VoskRecognizer
    from app.hearing.sherpa import SherpaRecognizer
    from app.modelstore.store import Store


def make_recognizer(
    name: str, store: "Store", worker: InferenceWorker, spoken: Iterable[str]
) -> "VoskRecognizer | SherpaRecognizer":
    """Give what hears: free, and limited to the words of this desk if it can be.

    `spoken` are the names of the sites; the kind is told by the files of the model.
    """
    from app.hearing.lexicon import load_lexicon
    from app.hearing.recognizer import VoskRecognizer
    from app.hearing.sherpa import SherpaRecognizer
    from app.hearing.sherpa_files import is_sherpa

    folder = _model_folder(name, store)
    if is_sherpa(folder):
        return SherpaRecognizer(folder, worker)
    lexicon = load_lexicon(spoken, paths.resources() / "lexicon")
    return VoskRecognizer(folder, worker, lexicon)


def _model_folder(name: str, store: "Store") -> Path:
    """Give the model's folder, or where it should be: who loads it says why not.

    A folder for sherpa-onnx is the installer's own, and in no catalogue.
    """
    from app.hearing.sherpa_files import is_sherpa

    try:
        return store.locate(name)
    except UserFacingError:
        folders = [folder / name for folder in paths.model_folders()]
        return next(filter(is_sherpa, folders), folders[-1])


def make_microphone(
    wanted: MicrophoneSettings, remember: Callable[[str], None]
) -> "SoundDeviceMicrophone":
    """Give where spoken commands come from; `remember` keeps the name of a device."""
    from app.hearing.microphone import SoundDeviceMicrophone

    return SoundDeviceMicrophone(
        wanted.device or None,
        standby=wanted.standby == "on",
        cue=wanted.cue == "on",
        hands_free=wanted.hands_free == "on",
        remember=remember,
    )


def make_alarm_sound(wanted: AlarmSettings) -> "AlarmTone | None":
    """Give the tone of an alarm, on the sound system that the microphone uses.

    None where it is not wanted: a tone that is never heard must not hush the ears.
    """
    if wanted.sound != "on":
        return None
    from app.hearing.alarm_tone import AlarmTone
    from app.hearing.microphone import SYSTEM

    return AlarmTone(SYSTEM, repeat_s=wanted.repeat_s)
