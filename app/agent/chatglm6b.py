"""ChatGLM-6B, the first generation, as an architecture of transformers' own kind.

GLM (Du et al., 2022, arXiv 2103.10360) with the changes that THUDM published with the
checkpoint: two rotations of each query and key, one by the position in the prompt and
one by the position in the answer; layer norms whose output, scaled, is what the
residual adds to; GELU; biases everywhere; queries, keys and values fused head by head.

A prompt ends with `[gMASK] <sop>`. What stands before `<sop>` is seen in both
directions, what follows is causal. A token of the prompt has its place and block 0; a
token of the answer has the place of `[gMASK]` and counts blocks from 1. So a token's
positions depend on where its prompt ended, which a later pass on a cache cannot see:
the cache remembers it (`_Prompt`). A prompt must be run in one piece.

Importing this module makes `AutoConfig` and `AutoModelForCausalLM` know the kind
`chatglm_6b`.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import torch  # noqa: TID253 – the classes below are transformers' own
from torch import nn  # noqa: TID253
from transformers import (  # noqa: TID253
    AutoConfig,
    AutoModelForCausalLM,
    Cache,
    DynamicCache,
    GenerationMixin,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.modeling_outputs import (  # noqa: TID253
    BaseModelOutputWithPast,
    CausalLMOutputWithPast,
)

from app.agent.prefix_lm import prefix_mask

KIND: Final = "chatglm_6b"

_DEPTH: Final = 28
"""What the published code scales its residuals by, however many layers there are."""


class ChatGlm6bConfig(PreTrainedConfig):  # type: ignore[misc]
    """Shape of a first-generation ChatGLM; the defaults are those of ChatGLM-6B."""

    model_type = KIND
    keys_to_ignore_at_inference = ("past_key_values",)

    vocab_size: int = 130_528
    hidden_size: int = 4096
    num_hidden_layers: int = 28
    num_attention_heads: int = 32
    intermediate_size: int = 16_384
    layernorm_epsilon: float = 1e-5
    max_position_embeddings: int = 2048
    initializer_range: float = 0.02
    use_cache: bool = True
    tie_word_embeddings: bool = False
    bos_token_id: int | None = 130_004
    """`<sop>`: ends a prompt."""
    eos_token_id: int | list[int] | None = 130_005
    """`<eop>`: ends an answer."""
    pad_token_id: int | None = 3
    mask_token_id: int = 130_000
    gmask_token_id: int = 130_001

    @property
    def num_key_value_heads(self) -> int:
        """Every head has keys and values of its own."""
        return self.num_attention_heads

    @property
    def head_dim(self) -> int:
        """Size of a head."""
        return self.hidden_size // self.num_attention_heads


@dataclass(slots=True)
class _Prompt:
    """Where the prompts of a cache's rows lie, counted in columns of the cache."""

    first: torch.Tensor
    """Column of each row's first token that is no padding, `[rows]`."""
    ends: torch.Tensor
    """Column of each row's `<sop>`, `[rows]`."""


class _Attention(nn.Module):
    def __init__(self, config: ChatGlm6bConfig, layer: int) -> None:
        super().__init__()
        self.layer, self.heads, self.size = (
            layer,
            config.num_attention_heads,
            config.head_dim,
        )
        width = config.hidden_size
        self.query_key_value = nn.Linear(width, 3 * width)
        self.dense = nn.Linear(width, width)

    def forward(
        self,
        hidden: torch.Tensor,
        turns: "tuple[_Turn, _Turn]",
        mask: torch.Tensor,
        past: Cache | None,
    ) -> torch.Tensor:
        rows, width = hidden.shape[:2]
        fused = self.query_key_value(hidden).view(rows, width, self.heads, -1)
        query, key, value = fused.transpose(1, 2).chunk(3, dim=-1)
        query, key = _turned(query, turns), _turned(key, turns)
        if past is not None:
            key, value = past.update(key, value, self.layer)
        seen = nn.functional.scaled_dot_product_attention(
            query, key, value, attn_mask=mask
        )
        joined = seen.transpose(1, 2).reshape(rows, width, -1)
        mixed: torch.Tensor = self.dense(joined)
        return mixed


class _Mlp(nn.Module):
    def __init__(self, config: ChatGlm6bConfig) -> None:
        super().__init__()
        self.dense_h_to_4h = nn.Linear(config.hidden_size, config.intermediate_size)
        self.dense_4h_to_h = nn.Linear(config.intermediate_size, config.hidden_size)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        wide = nn.functional.gelu(self.dense_h_to_4h(hidden), approximate="tanh")
        narrow: torch.Tensor = self.dense_4h_to_h(wide)
        return narrow


class ChatGlm6bLayer(nn.Module):
    """Attention and MLP; the residual adds to the scaled output of a layer norm."""

    def __init__(self, config: ChatGlm6bConfig, layer: int) -> None:
        """Make the layer with this number."""
        super().__init__()
        width, epsilon = config.hidden_size, config.layernorm_epsilon
        self.input_layernorm = nn.LayerNorm(width, eps=epsilon)
        self.attention = _Attention(config, layer)
        self.post_attention_layernorm = nn.LayerNorm(width, eps=epsilon)
        self.mlp = _Mlp(config)
        self.scale = math.sqrt(2 * _DEPTH)

    def forward(
        self,
        hidden: torch.Tensor,
        turns: "tuple[_Turn, _Turn]",
        mask: torch.Tensor,
        past: Cache | None,
    ) -> torch.Tensor:
        """Run tokens `[rows, width, hidden]` after what the cache holds."""
        normed = self.input_layernorm(hidden)
        hidden = normed * self.scale + self.attention(normed, turns, mask, past)
        normed = self.post_attention_layernorm(hidden)
        out: torch.Tensor = normed * self.scale + self.mlp(normed)
        return out


class ChatGlm6bPreTrainedModel(PreTrainedModel):  # type: ignore[misc]
    """What transformers asks of every model of a kind."""

    config: ChatGlm6bConfig
    config_class = ChatGlm6bConfig
    base_model_prefix = "transformer"
    _no_split_modules = ("ChatGlm6bLayer",)
    _supports_sdpa = True
    supports_gradient_checkpointing = False


class ChatGlm6bModel(ChatGlm6bPreTrainedModel):
    """Embeddings and layers."""

    def __init__(self, config: ChatGlm6bConfig) -> None:
        """Make the layers of a configuration."""
        super().__init__(config)
        self.word_embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.layers = nn.ModuleList(
            ChatGlm6bLayer(config, layer) for layer in range(config.num_hidden_layers)
        )
        self.final_layernorm = nn.LayerNorm(
            config.hidden_size, eps=config.layernorm_epsilon
        )
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        """Give the table of vectors."""
        return self.word_embeddings

    def set_input_embeddings(self, value: nn.Embedding) -> None:
        """Take another table of vectors."""
        self.word_embeddings = value

    def forward(
        self,
        input_ids: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.Tensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: torch.Tensor | None = None,
        use_cache: bool | None = None,
        **_: Any,
    ) -> BaseModelOutputWithPast:
        """Run tokens after what the cache holds; a prompt must not be cut.

        Args:
            input_ids: `[rows, width]`; with `inputs_embeds` alone the end of the prompt
                is looked for among the vectors.
            attention_mask: 1 for each token that is no padding,
                `[rows, past + width]`.
            position_ids: Not used: positions follow from the prompt's end.
            past_key_values: What was computed before, a prefix among it.
            inputs_embeds: `[rows, width, hidden]`, in place of `input_ids`.
            use_cache: Whether a cache is made where none is given.
        """
        if inputs_embeds is None:
            inputs_embeds = self.word_embeddings(input_ids)
        if past_key_values is None and (
            self.config.use_cache if use_cache is None else use_cache
        ):
            past_key_values = DynamicCache(config=self.config)
        width = inputs_embeds.shape[1]
        past = 0 if past_key_values is None else int(past_key_values.get_seq_length())
        prompt = self._prompt(
            input_ids, inputs_embeds, attention_mask, past, past_key_values
        )
        columns = torch.arange(past, past + width, device=inputs_embeds.device)
        context = (columns[None] < prompt.ends[:, None]).long()
        mask = prefix_mask(
            context, past=past, present=attention_mask, dtype=inputs_embeds.dtype
        )
        # Nothing looks at padding, and a row of it must still look somewhere.
        places = (columns[None] - prompt.first[:, None]).clamp(min=0)
        masked = (prompt.ends - prompt.first - 1).clamp(min=0)[:, None]
        turns = (
            self._turn(torch.minimum(places, masked), inputs_embeds.dtype),
            self._turn((places - masked).clamp(min=0), inputs_embeds.dtype),
        )
        hidden = inputs_embeds
        for layer in self.layers:
            hidden = layer(hidden, turns, mask, past_key_values)
        return BaseModelOutputWithPast(
            last_hidden_state=self.final_layernorm(hidden),
            past_key_values=past_key_values,
        )

    def _prompt(
        self,
        ids: torch.Tensor | None,
        embeds: torch.Tensor,
        present: torch.Tensor | None,
        past: int,
        cache: Cache | None,
    ) -> _Prompt:
        """Find where each row's prompt ends; remember it for what follows."""
        end = self.config.bos_token_id
        assert end is not None
        if ids is None:
            # peft has looked the vectors up already.
            mark = self.word_embeddings.weight[end]
            ends = torch.all(embeds.detach() == mark.detach(), dim=-1)
        else:
            ends = torch.eq(ids, end)
        known: _Prompt | None = getattr(cache, "_chatglm_prompt", None)
        if not bool(ends.any()) and known is not None:
            return known
        rows, width = ends.shape
        last = torch.full((rows,), width, device=ends.device)
        found = torch.where(ends.any(1), ends.long().argmax(1), last)
        first = torch.zeros_like(found)
        if present is not None:
            first = present[:, -width:].long().argmax(1)
        prompt = _Prompt(first=first + past, ends=found + past)
        if cache is not None:
            cache._chatglm_prompt = prompt
        return prompt

    def _turn(self, places: torch.Tensor, dtype: torch.dtype) -> "_Turn":
        half = self.config.head_dim // 2
        steps = torch.arange(0, half, 2, device=places.device, dtype=torch.float32)
        angles = places[..., None].float() * (10_000.0 ** (-steps / half))
        angles = torch.cat((angles, angles), dim=-1)[:, None]
        return _Turn(cos=angles.cos().to(dtype), sin=angles.sin().to(dtype))


@dataclass(slots=True)
class _Turn:
    """Cosines and sines of a rotation, `[rows, 1, width, head_dim / 2]`."""

    cos: torch.Tensor
    sin: torch.Tensor

    def of(self, vectors: torch.Tensor) -> torch.Tensor:
        """Rotate halves against each other (RoFormer, arXiv 2104.09864)."""
        one, two = vectors.chunk(2, dim=-1)
        return vectors * self.cos + torch.cat((-two, one), dim=-1) * self.sin


def _turned(vectors: torch.Tensor, turns: tuple[_Turn, _Turn]) -> torch.Tensor:
    """Turn the first half of each head by place, the second by block."""
    one, two = vectors.chunk(2, dim=-1)
    return torch.cat((turns[0].of(one), turns[1].of(two)), dim=-1)


class ChatGlm6bForCausalLM(ChatGlm6bPreTrainedModel, GenerationMixin):  # type: ignore[misc]
    """ChatGLM-6B with its output layer."""

    _tied_weights_keys: Final = {"lm_head.weight": "transformer.word_embeddings.weight"}

    def __init__(self, config: ChatGlm6bConfig) -> None:
        """Make the layers of a configuration."""
        super().__init__(config)
        self.transformer = ChatGlm6bModel(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    def forward(
        self,
        input_ids: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        position_ids: torch.Tensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int | torch.Tensor = 0,
        **kwargs: Any,
    ) -> CausalLMOutputWithPast:
        """Give logits `[rows, kept, vocabulary]`, and the loss where there are labels.

        `logits_to_keep` is how many of the last places, or which places, are wanted.
        """
        out = self.transformer(
            input_ids=input_ids,
            attention_mask=attention_mask,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            use_cache=use_cache,
        )
        kept = (
            slice(-logits_to_keep, None)
            if isinstance(logits_to_keep, int)
            else logits_to_keep
        )
        logits = self.lm_head(out.last_hidden_state[:, kept, :])
        loss = None
        if labels is not None:
            loss = self.loss_function(
                logits=logits,
                labels=labels,
                vocab_size=self.config.vocab_size,
                **kwargs,
            )
        return CausalLMOutputWithPast(
            loss=loss, logits=logits, past_key_values=out.past_key_values
        )


def prompt_marks(config: PreTrainedConfig) -> tuple[None, int] | None:
    """Give `<sop>`, which ends a prompt; nothing marks its beginning."""
    if not isinstance(config, ChatGlm6bConfig):
        return None
    assert config.bos_token_id is not None
    return None, config.bos_token_id


AutoConfig.register(KIND, ChatGlm6bConfig, exist_ok=True)
AutoModelForCausalLM.register(ChatGlm6bConfig, ChatGlm6bForCausalLM, exist_ok=True)
