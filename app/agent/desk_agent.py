"""The agent of the desk: model and rules, or rules alone, behind `core.ports.Agent`."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from app.agent.answers import answered_in_words
from app.agent.bench import UnderstandingTimes, measure_understanding
from app.agent.completing import Heard, usable
from app.agent.confidence import CAUTIOUS, Calibration
from app.agent.decoding import Decoder
from app.agent.followups import in_context
from app.agent.foreign import in_chinese
from app.agent.glm import LoadedGlm
from app.agent.model_reader import ModelReader, draft_of
from app.agent.rules import RuleReader
from app.agent.summary import finding_of
from app.agent.understanding import decide
from app.agent.weighing import Hearing, ModelReading, other_hearings
from app.core.cancel import CancelToken
from app.core.dialogue import NOTHING, Context
from app.core.errors import Cancelled, GridDeskError, UserFacingError
from app.core.model import Call, Finding, Intent, Origin, Understanding, Utterance
from app.core.observation import Observation
from app.core.ports import Health, SiteDirectory
from app.system.worker import InferenceWorker

log = logging.getLogger(__name__)

_RULES_ALONE = "仅规则"
_FAILED_NOTE = "模型出错, 本次仅按规则理解"
_UNGREETED_NOTE = "模型的问候语与规定不同"
_REMEDY = "请运行 griddesk models list 查看模型; 期间按规则查询, 其余功能不受影响。"


class DeskAgent:
    """Runs every model step on the inference worker; falls back to rules by name."""

    def __init__(
        self,
        worker: InferenceWorker,
        directory: SiteDirectory,
        loader: Callable[[], LoadedGlm] | None,
        *,
        calibration: Callable[[], Calibration | None] = lambda: None,
    ) -> None:
        """Take the worker, the sites, and what loads the model (None: rules alone).

        `loader` is called once, on the worker, at `warm_up` or the first command, and
        then `calibration`, for what the loaded adapter brings: None is the cautious
        default, which a file that cannot be used leaves as well.
        """
        self._worker = worker
        self._rules = RuleReader(directory)
        self._loader = loader
        self._decoder: Decoder | None = None
        self._reader: ModelReader | None = None
        self._why_not = "设置中未启用模型" if loader is None else "模型尚未加载"
        self._remedy = ""
        self._failed = False
        self._find_calibration = calibration
        self._calibration = CAUTIOUS
        self._uncalibrated = ""

    @property
    def directory(self) -> SiteDirectory:
        """The sites that are spoken of; may be replaced at run time."""
        return self._rules.directory

    @directory.setter
    def directory(self, directory: SiteDirectory) -> None:
        self._rules.directory = directory

    @property
    def name(self) -> str:
        """Model, adapter and device; or that rules alone are at work, and why."""
        if self._decoder is not None:
            return self._decoder.glm.title
        return f"{_RULES_ALONE} ({self._why_not})"

    def reload(self, loader: Callable[[], LoadedGlm]) -> None:
        """Load again, on the worker, before the next command: another was chosen."""
        self._loader = loader

    async def warm_up(self) -> None:
        """Load model and lexicon on the worker; never raises for a missing model."""
        await self._worker.run(self._prepare)

    async def health(self) -> Health:
        """Say whether model and rules read, or rules alone."""
        await self._worker.run(self._prepare)
        if self._decoder is None:
            return Health(
                name="语言模型",
                ok=False,
                detail=self.name,
                remedy=self._remedy or _REMEDY,
            )
        glm = self._decoder.glm
        detail = glm.title + (f", 未使用 GPU: {glm.not_gpu}" if glm.not_gpu else "")
        if self._uncalibrated:
            detail += f", {self._uncalibrated}"
        return Health(name="语言模型", ok=True, detail=detail)

    async def understand(
        self,
        utterance: Utterance,
        *,
        context: Context = NOTHING,
        cancel: CancelToken,
    ) -> Understanding:
        """Read what is meant. Never raises for strange words: it asks.

        Raises:
            Cancelled: The token was set.
        """
        cancel.raise_if_cancelled()
        return await self._worker.run(
            lambda: self._understand(utterance, context, cancel)
        )

    async def summarise(
        self, call: Call, observation: Observation, *, cancel: CancelToken
    ) -> Finding:
        """Put an observation into the sentence that the rule confirms.

        Raises:
            Cancelled: The token was set.
        """
        cancel.raise_if_cancelled()
        return await self._worker.run(
            lambda: self._summarise(call, observation, cancel)
        )

    async def measure(self, sentences: Sequence[str]) -> UnderstandingTimes | None:
        """Time understanding against plain `generate()`; None without a model."""
        await self._worker.run(self._prepare)
        if self._decoder is None:
            return None
        glm = self._decoder.glm
        return await self._worker.run(
            lambda: measure_understanding(glm, sentences, self._guess)
        )

    def _guess(self, text: str) -> str:
        return draft_of(self._rules.read(text, typed=True))

    def _prepare(self) -> None:
        """Load once; a model that cannot be loaded leaves its reason behind."""
        self._rules.read("查一下人数")
        if self._loader is None:
            return
        loader, self._loader = self._loader, None
        # What was loaded before goes first: two large models may not fit.
        self._decoder = self._reader = None
        try:
            self._decoder = Decoder(loader())
            self._reader = ModelReader(self._decoder)
            self._calibrate()
        except UserFacingError as error:
            self._why_not, self._remedy = error.message, error.remedy
            log.info("rules alone: %s", error)
        except Exception:
            # The thread boundary: a library's own error must not end the desk.
            self._why_not = "模型加载失败, 详见日志"
            log.exception("the model could not be loaded")

    def _calibrate(self) -> None:
        """Take what the adapter brings; without it the desk asks once too often."""
        self._calibration, self._uncalibrated = CAUTIOUS, ""
        try:
            self._calibration = self._find_calibration() or CAUTIOUS
        except UserFacingError as error:
            self._uncalibrated = f"{error.message}, 按谨慎的默认值判断"
            log.info("the cautious calibration is used: %s", error)

    def _understand(
        self, utterance: Utterance, context: Context, cancel: CancelToken
    ) -> Understanding:
        if self._loader is not None:
            self._prepare()
        cancel.raise_if_cancelled()
        directory = self._rules.directory
        sites = tuple(directory.sites())
        context = usable(context, sites)
        if answer := answered_in_words(utterance, context, sites):
            return answer
        typed = utterance.origin is Origin.TYPED
        rules = self._rules.read(utterance.text, typed=typed)
        others = tuple(
            Hearing(text=text, reading=self._rules.read(text))
            for text in other_hearings(utterance)
        )
        notes: tuple[str, ...] = ()
        model: ModelReading | None = None
        if self._reader is not None:
            try:
                # Whatever the model says, what is forbidden is declined and all sites
                # at once are asked about: do not ask it.
                if not (rules.forbidden or rules.sweeps):
                    model = self._reader.read(
                        utterance, rules, directory, cancel, others=others
                    )
                if rules.intent is Intent.GREETING and not (
                    self._reader.confirms_greeting(utterance.text, cancel)
                ):
                    notes = (_UNGREETED_NOTE,)
            except Cancelled:
                raise
            except Exception as error:  # noqa: BLE001 – the thread boundary
                self._log_failure(error)
                model, notes = None, (_FAILED_NOTE,)
        policy = partial(decide, utterance, sites=sites, calibration=self._calibration)
        heard = Heard(
            utterance=utterance,
            rules=rules,
            model=model,
            others=others,
            decide=lambda rules, model, others: policy(rules, model, others=others),
        )
        understood = in_context(heard, context)
        understood = replace(understood, notes=(*understood.notes, *notes))
        return in_chinese(understood, utterance.text)

    def _summarise(
        self, call: Call, observation: Observation, cancel: CancelToken
    ) -> Finding:
        try:
            return finding_of(call, observation, self._decoder, cancel)
        except GridDeskError:
            raise
        except Exception as error:  # noqa: BLE001 – the thread boundary
            self._log_failure(error)
            return finding_of(call, observation, None, cancel)

    def _log_failure(self, error: Exception) -> None:
        """Log the first failure in full; a model that keeps failing must not flood."""
        if self._failed:
            log.debug("the model failed again: %s", error)
            return
        self._failed = True
        log.error("the model failed, rules read alone", exc_info=error)
