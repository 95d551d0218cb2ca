"""GLM-mini: a GLM that reads a whole prompt before it decides what a character is.

In GLM (Du et al., 2022, arXiv 2103.10360) and ChatGLM-6B the tokens of a prompt see
each other in both directions, and only the answer is causal: a prefix language model.
Whether a name begins at a character often depends on what follows: a causal model
of few layers has to carry every possibility along until it has read on.

Importing this module makes `AutoConfig` and `AutoModelForCausalLM` know the kind
`glm_mini`. A prompt must be run in one piece: what stands in its middle depends on its
end. `Framing.kept` says how much of it may be kept for another one.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import torch  # noqa: TID253 – the classes below are transformers' own
from transformers import (  # noqa: TID253
    AutoConfig,
    AutoModelForCausalLM,
    Cache,
    GlmConfig,
    GlmForCausalLM,
    GlmModel,
)

from app.agent.int8 import is_int8, read_int8
from app.agent.lexical import LexicalEmbedding, prompts_of

if TYPE_CHECKING:
    from transformers import PretrainedConfig
    from transformers.modeling_outputs import BaseModelOutputWithPast

KIND: Final = "glm_mini"


class GlmMiniConfig(GlmConfig):  # type: ignore[misc]
    """A GLM's shape, and the two tokens that enclose a prompt."""

    model_type = KIND
    user_token_id: int = 2
    """Begins a prompt; in both directions from here."""
    assistant_token_id: int = 3
    """Ends a prompt; causal from here."""
    sounds: int = 0
    """Syllables, with the one for none; 0 for a model that knows no sounds or words."""
    words: int = 0
    """Words with a vector, see `lexical`."""
    sounding_words: int = 0
    """Words that are found by their sound."""
    word_size: int = 0
    """Numbers of a word's vector."""


class GlmMiniModel(GlmModel):  # type: ignore[misc]
    """The layers, with prompts seen in both directions."""

    config: GlmMiniConfig

    def __init__(self, config: GlmMiniConfig) -> None:
        """Make the layers of a configuration."""
        super().__init__(config)
        if config.words:
            self.embed_tokens = LexicalEmbedding(config)
            self.post_init()

    def forward(
        self,
        input_ids: "torch.Tensor | None" = None,
        attention_mask: "torch.Tensor | None" = None,
        position_ids: "torch.Tensor | None" = None,
        past_key_values: "Cache | None" = None,
        inputs_embeds: "torch.Tensor | None" = None,
        use_cache: bool | None = None,
        **kwargs: Any,
    ) -> "BaseModelOutputWithPast":
        """Run tokens after what the cache holds; a prompt must not be cut."""
        known = self._ids_of(inputs_embeds) if input_ids is None else input_ids
        if attention_mask is None or attention_mask.ndim == 2:
            prompts = prompts_in(known, self.config)
            if prompts is not None:
                before, table = past_key_values, self.embed_tokens.weight
                attention_mask = prefix_mask(
                    prompts,
                    past=0 if before is None else before.get_seq_length(),
                    present=attention_mask,
                    dtype=(table if inputs_embeds is None else inputs_embeds).dtype,
                )
        result: BaseModelOutputWithPast = super().forward(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            use_cache=use_cache,
            **kwargs,
        )
        return result

    def _ids_of(self, embeds: "torch.Tensor | None") -> torch.Tensor:
        """Find the two marks among vectors that peft has looked up already."""
        assert embeds is not None
        found = torch.zeros(embeds.shape[:2], dtype=torch.long, device=embeds.device)
        table = self.embed_tokens.weight
        for mark in (self.config.user_token_id, self.config.assistant_token_id):
            same = (embeds.detach() == table[mark].detach()).all(-1)
            found = found.masked_fill(same, mark)
        return found


def prompts_in(tokens: torch.Tensor, config: GlmMiniConfig) -> torch.Tensor | None:
    """Number the prompt that each token belongs to, see `prompts_of`."""
    return prompts_of(tokens, config.user_token_id, config.assistant_token_id)


def prefix_mask(
    prompts: torch.Tensor,
    *,
    past: int,
    present: torch.Tensor | None,
    dtype: torch.dtype,
) -> torch.Tensor:
    """Return what attention adds: 0 where a token sees another, else the least number.

    Args:
        prompts: What `prompts_in` returned, `[rows, width]`.
        past: Tokens before, which all are seen.
        present: 1 for each token that is no padding, `[rows, past + width]`.
        dtype: Of the result, `[rows, 1, width, past + width]`.
    """
    rows, width = prompts.shape
    device = prompts.device
    causal = torch.ones(width, width, dtype=torch.bool, device=device).tril()
    same = (prompts[:, :, None] == prompts[:, None, :]) & (prompts > 0)[:, :, None]
    seen = torch.ones(rows, width, past + width, dtype=torch.bool, device=device)
    seen[:, :, past:] = causal | same
    if present is not None:
        seen &= present[:, None, -seen.shape[2] :].bool()
    added = torch.zeros(rows, 1, width, past + width, dtype=dtype, device=device)
    return added.masked_fill_(~seen[:, None], torch.finfo(dtype).min)


class GlmMiniForCausalLM(GlmForCausalLM):  # type: ignore[misc]
    """GLM-mini with its output layer."""

    config: GlmMiniConfig
    config_class = GlmMiniConfig

    def __init__(self, config: GlmMiniConfig) -> None:
        """Make the layers of a configuration."""
        super().__init__(config)
        self.model = GlmMiniModel(config)
        self.post_init()

    @classmethod
    def from_pretrained(
        cls, folder: "str | Path | None", *rest: Any, **options: Any
    ) -> Any:
        """Load a folder, also one whose weights are kept in 8 bits (`int8`)."""
        if folder is None or not is_int8(Path(folder)):
            return super().from_pretrained(folder, *rest, **options)
        config = options.pop("config", None)
        if config is None:
            config = GlmMiniConfig.from_pretrained(folder, local_files_only=True)
        return super().from_pretrained(
            None, *rest, config=config, state_dict=read_int8(Path(folder)), **options
        )


def prompt_marks(config: "PretrainedConfig") -> tuple[int, int] | None:
    """Return the tokens that enclose a prompt read in both directions, if it is."""
    if not isinstance(config, GlmMiniConfig):
        return None
    return config.user_token_id, config.assistant_token_id


AutoConfig.register(KIND, GlmMiniConfig, exist_ok=True)
AutoModelForCausalLM.register(GlmMiniConfig, GlmMiniForCausalLM, exist_ok=True)
