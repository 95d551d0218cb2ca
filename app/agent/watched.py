"""The model of a desk from its first load to its release, and a GPU that fails between.

See `app.agent.watch` for what can be done about a GPU, and what cannot.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import partial
from typing import Final

from app.agent.adapters import Mind
from app.agent.glm import LoadedGlm
from app.agent.precision import IDLE_CARD
from app.agent.watch import (
    FULL,
    Limits,
    dismantle,
    failure_of_gpu,
    free_memory,
    within,
)
from app.core.errors import UserFacingError
from app.core.ports import Health
from app.system.worker import InferenceWorker, WorkAbandonedError, leave_behind

log = logging.getLogger(__name__)

_RULES_ALONE: Final = "仅规则"
_REMEDY: Final = (
    "请运行 griddesk models list 查看模型; 期间按规则查询, 其余功能不受影响。"
)
_RESTART: Final = (
    "可以继续使用; 请在方便时退出并重新启动程序, 在此之前不再使用显卡。"
    "再次出现时, 请检查显卡和驱动。"
)
_MAKE_ROOM: Final = (
    "可以继续使用; 请关闭占用显存或内存的程序后重新启动, "
    "或把设置 agent.quantisation 固定为现在的压缩方式。"
)
_ADD_COMPONENT: Final = (
    "要使用显卡, 请补装 GPU 组件 (见安装包的 README.txt); "
    "从源代码运行的, 请改装带 CUDA 的 torch。"
)

Loader = Callable[[], LoadedGlm]


class WatchedModel:
    """Loads on the worker; after a failure of the GPU, on a thread of its own."""

    def __init__(
        self,
        worker: InferenceWorker,
        loader: Loader | None,
        *,
        load_on_cpu: Callable[[str], LoadedGlm] | None,
        load_smaller: Callable[[LoadedGlm], LoadedGlm] | None,
        release: Callable[[], None],
        limits: Limits,
    ) -> None:
        """Take the worker and what loads; nothing is loaded yet.

        Args:
            worker: Where the model is used.
            loader: Loads the model. None: there is none.
            load_on_cpu: Loads it without the GPU, and gets why. None: it never was on
                one, or rules shall read alone when it fails.
            load_smaller: Loads it in the next smaller precision, after the one that
                has no memory to work and is gone by then. None: a GPU without memory is
                one that fails.
            release: Lets go of what the loaders keep.
            limits: How long the GPU may take.
        """
        self._worker = worker
        self._loader = loader
        self._load_on_cpu = load_on_cpu
        self._load_smaller = load_smaller
        self._let_loaders_go = release
        self._limits = limits
        self._recovery: threading.Thread | None = None
        self._giving_up = threading.Lock()
        self._ready: Callable[[], None] = lambda: None
        self._released = False
        self._why_not = "设置中未启用模型" if loader is None else "模型尚未加载"
        self._remedy = ""
        self.mind: Mind | None = None
        """None: rules read alone."""
        self.lost = ""
        """Why the GPU is not used any more, in Chinese; empty: nothing happened."""

    @property
    def name(self) -> str:
        """Model, adapters and device; or that rules alone are at work, and why."""
        if (mind := self.mind) is not None:
            return mind.title
        return f"{_RULES_ALONE} ({self._why_not})"

    @property
    def recovering(self) -> bool:
        """Whether the model is being loaded in place of the one on the GPU."""
        thread = self._recovery
        return thread is not None and (thread.ident is None or thread.is_alive())

    def health(self) -> Health:
        """Say what reads, where and how fast."""
        mind = self.mind
        if mind is None:
            remedy = self._remedy or _REMEDY
            return Health(name="语言模型", ok=False, detail=self.name, remedy=remedy)
        detail = f"{mind.title}, 每秒约 {mind.tokens_per_s:.3g} 个词元"
        if mind.glm.not_gpu:
            detail += f", 未使用 GPU: {mind.glm.not_gpu}"
        if mind.glm.reason:
            detail += f", {mind.glm.reason}"
        if mind.glm.notice:
            detail = f"{mind.glm.notice}; {detail}"
        remedy = _RESTART if self.lost else _MAKE_ROOM if mind.glm.notice else ""
        if mind.glm.not_gpu == IDLE_CARD:
            remedy = remedy or _ADD_COMPONENT
        return Health(name="语言模型", ok=not self.lost, detail=detail, remedy=remedy)

    def reload(self, loader: Loader) -> None:
        """Load again with the next `prepare`: another adapter was chosen."""
        self._loader = loader

    def prepare(self, ready: Callable[[], None]) -> None:
        """Load what is to be loaded, on the worker; `ready` is called after that.

        A model that cannot be loaded leaves its reason behind.

        Raises:
            WorkAbandonedError: It took too long and was given up; this is too late.
        """
        if self.recovering:
            return
        loader, self._loader = self._loader, None
        if loader is None:
            return
        # What was loaded before goes first: two large models may not fit.
        self.mind = None
        if self._load_on_cpu is None:
            found = self._loaded(loader)
        else:
            self._ready = ready
            seconds = self._limits.load_s
            # Whether there is a GPU at all is not known before it has loaded.
            why = f"载入模型超过 {seconds:g} 秒, 显卡可能没有响应"
            with self._in_time(seconds, why):
                found = self._loaded(loader)
        # What came too late was raised away, and changes nothing.
        self._take(found, ready)
        del found
        if self._released:
            self._let_go()

    def watched(self, mind: Mind) -> AbstractContextManager[None]:
        """Give what watches a step of a model; a processor is slow, but never stuck.

        Raises:
            WorkAbandonedError: At its end: the step was given up, this is too late.
        """
        if mind.glm.device == "cpu":
            return nullcontext()
        seconds = self._limits.step_s
        return self._in_time(seconds, f"显卡无响应 (一次计算超过 {seconds:g} 秒)")

    def gpu_failed(self, mind: Mind, error: Exception) -> str:
        """Say how the GPU failed, in Chinese; empty where the model did.

        One without memory gets a smaller model, and any other is given up.
        """
        why = failure_of_gpu(error) if mind.glm.device != "cpu" else ""
        if why == FULL and self._load_smaller is not None:
            self._step_down(mind, self._load_smaller)
        elif why:
            self._give_up(why)
        return why

    def release(self) -> None:
        """Give back the model's memory after what is queued; nothing is loaded again.

        What is being loaded in place of a failed GPU is let go when it is there, and
        the program does not wait for that.
        """
        self._loader, self._released = None, True
        if self._recovery is not None and self.recovering:
            leave_behind(self._recovery)
        # Whatever is loaded by then; a worker that is closed has nothing any more.
        with suppress(RuntimeError):
            self._worker.submit(self._let_go)

    def _loaded(self, loader: Loader) -> Mind | Exception:
        """Load, and compute with it once; give why not where that fails.

        One that has no memory for it is let go, and the next smaller one loaded.
        """
        while True:
            glm: LoadedGlm | None = None
            mind: Mind | None = None
            try:
                mind = Mind(glm := loader())
                mind.warm_up()
            except Exception as error:  # noqa: BLE001 – `_take` tells it
                smaller = self._load_smaller
                full = glm is not None and self._full(glm, error)
                if glm is None or smaller is None or not full:
                    return error
            else:
                return mind
            # Outside the handler: the error holds what was computed.
            log.warning("%s has no memory to work", glm.title)
            mind = None
            dismantle(glm.model)
            free_memory(glm.device)
            loader = partial(smaller, glm)

    def _full(self, glm: LoadedGlm, error: Exception) -> bool:
        """Whether a GPU that is still asked had no memory."""
        on_gpu = glm.device != "cpu" and not self.lost
        return on_gpu and failure_of_gpu(error) == FULL

    def _take(self, found: Mind | Exception, ready: Callable[[], None]) -> None:
        """Use what was loaded from now on, or leave the reason behind."""
        try:
            if isinstance(found, Exception):
                raise found
            ready()
        except UserFacingError as error:
            if why := failure_of_gpu(error):
                self._give_up(why)
            else:
                self._why_not, self._remedy = error.message, error.remedy
                log.info("rules alone: %s", error)
        except Exception as error:
            # The thread boundary: a library's own error must not end the desk.
            if why := failure_of_gpu(error):
                self._give_up(why)
            else:
                self._why_not = "模型加载失败, 详见日志"
                log.exception("the model could not be loaded")
        else:
            self.mind = found
        finally:
            # An error holds this frame, and all that was loaded before it.
            del found

    def _in_time(self, seconds: float, why: str) -> AbstractContextManager[None]:
        return within(seconds, lambda: self._give_up(why, stuck=True))

    def _give_up(self, why: str, *, stuck: bool = False) -> None:
        """Ask the GPU no more; another thread loads the model on the processor.

        Rules read meanwhile, and the ears work on: nothing waits for that.
        """
        with self._giving_up:
            if self.lost:
                return
            self.lost = why
        log.error("the GPU is not used any more: %s", why)
        self.mind = None
        aside = self._recovery if self.recovering else None
        load, self._load_on_cpu = self._load_on_cpu, None
        self._why_not, self._remedy = why, _RESTART
        if load is not None:
            self._why_not = f"{why}, 正在改用 CPU 载入模型"
            self._recovery = threading.Thread(
                target=self._recover, args=(load,), name="model-recovery", daemon=True
            )
            self._recovery.start()
        if stuck and aside is not None:
            # A smaller model was being loaded; the worker is as well as it was.
            leave_behind(aside)
        elif stuck:
            self._worker.abandon()
        else:
            # After the work that failed, which still holds the model.
            with suppress(RuntimeError):
                self._worker.submit(lambda: free_memory("cuda"))

    def _step_down(self, mind: Mind, smaller: Callable[[LoadedGlm], LoadedGlm]) -> None:
        """Let go of a model that has no memory to work; a smaller one takes its place.

        Rules read meanwhile, as when the GPU is lost.
        """
        log.warning("%s has no memory left to work", mind.title)
        self.mind, glm = None, mind.glm
        self._why_not = f"{FULL}, 正在以更小的精度重新载入模型"
        self._recovery = threading.Thread(
            target=self._shrink,
            args=(partial(smaller, glm),),
            name="model-recovery",
            daemon=True,
        )
        # After the work that failed, which still holds what it computed.
        with suppress(RuntimeError):
            self._worker.submit(partial(self._begin_shrinking, glm, self._recovery))

    def _begin_shrinking(self, glm: LoadedGlm, thread: threading.Thread) -> None:
        dismantle(glm.model)
        free_memory(glm.device)
        if not self._released:
            thread.start()

    def _shrink(self, load: Loader) -> None:
        seconds = self._limits.load_s
        why = f"载入较小的模型超过 {seconds:g} 秒, 显卡可能没有响应"
        try:
            with self._in_time(seconds, why):
                found = self._loaded(load)
        except WorkAbandonedError:
            # The processor reads by now.
            return
        self._take(found, self._ready)
        del found
        if self._released:
            self._let_go()

    def _recover(self, load: Callable[[str], LoadedGlm]) -> None:
        why = self.lost
        self._take(self._loaded(lambda: load(why)), self._ready)
        if self.mind is None:
            self._why_not = f"{why}, 改用 CPU 也没有成功: {self._why_not}"
            self._remedy = _RESTART
        else:
            log.info("the model reads on the processor now")
        if self._released:
            self._let_go()

    def _let_go(self) -> None:
        mind, self.mind = self.mind, None
        self._why_not = "模型已释放"
        self._let_loaders_go()
        if mind is not None:
            dismantle(mind.glm.model)
            free_memory(mind.glm.device)
