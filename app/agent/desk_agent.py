"""The agent of the desk: model and rules, or rules alone, behind `core.ports.Agent`."""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from app.agent.answers import answered_in_words
from app.agent.bench import UnderstandingTimes, measure_understanding
from app.agent.completing import Heard, usable
from app.agent.confidence import CAUTIOUS, Calibration
from app.agent.followups import in_context
from app.agent.foreign import in_chinese
from app.agent.glm import LoadedGlm
from app.agent.model_reader import draft_of
from app.agent.rules import RuleReader
from app.agent.summary import finding_of
from app.agent.understanding import decide
from app.agent.watch import LIMITS, Limits
from app.agent.watched import WatchedModel
from app.agent.weighing import Hearing, ModelReading, other_hearings
from app.core.adapters import Task
from app.core.cancel import CancelToken
from app.core.dialogue import NOTHING, Context
from app.core.draft import finding_by_rule
from app.core.errors import Cancelled, GridDeskError, UserFacingError
from app.core.model import (
    Call,
    Finding,
    Intent,
    Origin,
    Question,
    QuestionKind,
    Understanding,
    Utterance,
)
from app.core.observation import Observation
from app.core.ports import Health, SiteDirectory
from app.system.worker import InferenceWorker, WorkAbandonedError

log = logging.getLogger(__name__)

_FAILED_NOTE = "模型出错, 本次仅按规则理解"
_UNGREETED_NOTE = "模型的问候语与规定不同"
_NOT_READ = "{why}, 这条指令没有查询, 请再说一遍, 例如: 查一下{example}的人数"
_RECOVERING_NOTE = "语言模型正在 CPU 上载入, 本次仅按规则理解"
_SHRINKING_NOTE = "语言模型正在以更小的精度重新载入, 本次仅按规则理解"


class DeskAgent:
    """Runs every model step on the inference worker; falls back to rules by name."""

    def __init__(
        self,
        worker: InferenceWorker,
        directory: SiteDirectory,
        loader: Callable[[], LoadedGlm] | None,
        *,
        load_on_cpu: Callable[[str], LoadedGlm] | None = None,
        load_smaller: Callable[[LoadedGlm], LoadedGlm] | None = None,
        calibration: Callable[[], Calibration | None] = lambda: None,
        release: Callable[[], None] = lambda: None,
        limits: Limits = LIMITS,
    ) -> None:
        """Take the worker, the sites, and what loads the model (None: rules alone).

        `loader` is called once, on the worker, at `warm_up` or the first command, and
        then `calibration`, for what the loaded adapter brings: None is the cautious
        default, which a file that cannot be used leaves as well. `load_on_cpu` is for
        a GPU that fails or is stuck, and gets why; without it rules read from then on.
        `load_smaller` is for one that has no memory left, and gets what was too large.
        `release` lets go of what `loader` keeps; `limits` are the GPU's.
        """
        self._worker = worker
        self._rules = RuleReader(directory)
        self._model = WatchedModel(
            worker,
            loader,
            load_on_cpu=load_on_cpu,
            load_smaller=load_smaller,
            release=release,
            limits=limits,
        )
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
        return self._model.name

    def reload(self, loader: Callable[[], LoadedGlm]) -> None:
        """Load again, on the worker, before the next command: another was chosen."""
        self._model.reload(loader)

    async def warm_up(self) -> None:
        """Load model and lexicon on the worker; never raises for a missing model."""
        await self._prepared()

    async def health(self) -> Health:
        """Say whether model and rules read, or rules alone, where, and how fast."""
        await self._prepared()
        health = self._model.health()
        if self._uncalibrated and self._model.mind is not None:
            return replace(health, detail=f"{health.detail}, {self._uncalibrated}")
        return health

    def release(self) -> None:
        """Give back the model's memory after what is queued; rules read after that."""
        self._model.release()

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
        try:
            return await self._worker.run(
                lambda: self._understand(utterance, context, cancel)
            )
        except WorkAbandonedError:
            return self._not_read(self._model.lost)

    async def summarise(
        self, call: Call, observation: Observation, *, cancel: CancelToken
    ) -> Finding:
        """Put an observation into the sentence that the rule confirms.

        Raises:
            Cancelled: The token was set.
        """
        cancel.raise_if_cancelled()
        try:
            return await self._worker.run(
                lambda: self._summarise(call, observation, cancel)
            )
        except WorkAbandonedError:
            return finding_by_rule(call, observation)

    async def measure(self, sentences: Sequence[str]) -> UnderstandingTimes | None:
        """Time understanding against plain `generate()`.

        None without a model, or where its GPU was stuck meanwhile.
        """
        await self._prepared()
        mind = self._model.mind
        if mind is None:
            return None
        watched = partial(self._model.watched, mind)
        with suppress(WorkAbandonedError):
            return await self._worker.run(
                lambda: measure_understanding(
                    mind.glm, sentences, self._guess, watched=watched
                )
            )
        return None

    def _guess(self, text: str) -> str:
        return draft_of(self._rules.read(text, typed=True))

    async def _prepared(self) -> None:
        """Have the worker load; one that is stuck was given up, and health says so."""
        with suppress(WorkAbandonedError):
            await self._worker.run(self._prepare)

    def _prepare(self) -> None:
        """Load what is to be loaded; what cannot be loaded leaves its reason behind."""
        self._rules.read("查一下人数")
        self._model.prepare(self._calibrate)

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
        self._model.prepare(self._calibrate)
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
        if (mind := self._model.mind) is not None:
            notes = (mind.glm.notice,) if mind.glm.notice else ()
            try:
                with self._model.watched(mind):
                    # Whatever the model says, what is forbidden is declined and all
                    # sites at once are asked about: do not ask it.
                    if not (rules.forbidden or rules.sweeps):
                        model = mind.reader.read(
                            utterance, rules, directory, cancel, others=others
                        )
                    if rules.intent is Intent.GREETING and not (
                        mind.reader.confirms_greeting(utterance.text, cancel)
                    ):
                        notes = (*notes, _UNGREETED_NOTE)
            except (Cancelled, WorkAbandonedError):
                raise
            except Exception as error:  # noqa: BLE001 – the thread boundary
                if why := self._model.gpu_failed(mind, error):
                    return self._not_read(why)
                self._log_failure(error)
                model, notes = None, (*notes, _FAILED_NOTE)
        elif self._model.recovering:
            notes = (_RECOVERING_NOTE if self._model.lost else _SHRINKING_NOTE,)
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
        mind = self._model.mind
        if mind is None:
            return finding_of(call, observation, None, cancel)
        try:
            with self._model.watched(mind):
                decoder = mind.decoders[Task.SUMMARY]
                return finding_of(call, observation, decoder, cancel)
        except (GridDeskError, WorkAbandonedError):
            raise
        except Exception as error:  # noqa: BLE001 – the thread boundary
            if not self._model.gpu_failed(mind, error):
                self._log_failure(error)
            return finding_of(call, observation, None, cancel)

    def _not_read(self, why: str) -> Understanding:
        """Have it said again: what a failed GPU was about to say is nobody's guess."""
        sites = self._rules.directory.sites()
        example = sites[0].name if sites else "济南"
        return Understanding(
            intent=Intent.UNCLEAR,
            question=Question(
                kind=QuestionKind.SAY_AGAIN,
                sentence=_NOT_READ.format(why=why, example=example),
            ),
            notes=(why,),
        )

    def _log_failure(self, error: Exception) -> None:
        """Log the first failure in full; a model that keeps failing must not flood."""
        if self._failed:
            log.debug("the model failed again: %s", error)
            return
        self._failed = True
        log.error("the model failed, rules read alone", exc_info=error)
