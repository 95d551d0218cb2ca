"""A system's options: into something typed, or a clear sentence."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, TypeAlias, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from app.core.errors import SettingsError
from app.sites.backends.described import is_secret_name

_SECRET_WORDS: Final = (
    *("token", "passw", "pwd", "secret", "apikey", "accesskey", "privatekey"),
    *("密码", "密钥", "令牌", "口令"),
)
_SAID: Final = 3
"""Mistakes that one sentence names; the rest is counted."""


class Options(BaseModel):
    """Base of every declaration of a system's settings: frozen, and nothing unknown."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )


_O = TypeVar("_O", bound=Options)


def _secret_name(text: str) -> str:
    if text and not is_secret_name(text):
        # What was given may be the secret itself: it is not repeated.
        raise ValueError("secret 要写密钥的名称 (如 token), 像是把密钥本身写进来了")
    return text


SecretName: TypeAlias = Annotated[str, AfterValidator(_secret_name)]
"""Name of a secret among the system's secrets; empty only where none is needed."""


def parsed(kind: type[_O], options: Mapping[str, object], *, system: str) -> _O:
    """Give the options as `kind`.

    Raises:
        SettingsError: They do not fit; the sentence names what and where.
    """
    try:
        return kind.model_validate(_frozen(options))
    except ValidationError as error:
        mistakes = error.errors(include_url=False)
        said = "; ".join(_said(each) for each in mistakes[:_SAID])
        rest = len(mistakes) - _SAID
        more = f" (另有{rest}处)" if rest > 0 else ""
        raise SettingsError(
            f"系统 {system} 的配置不对: {said}{more}",
            f"请更正 systems/{system}.toml 后重试。",
        ) from None


def _frozen(value: object) -> object:
    """Give lists as tuples: declarations are frozen, and strict about it."""
    if isinstance(value, Mapping):
        return {name: _frozen(item) for name, item in value.items()}
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return value


def _said(mistake: Any) -> str:
    """Put one of pydantic's mistakes into the installer's words.

    What was given is not repeated: it may be a password in the wrong place.
    """
    where = ".".join(str(part) for part in mistake["loc"]) or "(整体)"
    context = mistake.get("ctx", {})
    match mistake["type"]:
        case "missing":
            return f"缺少 {where}"
        case "extra_forbidden":
            option = str(mistake["loc"][-1]).lower().replace("_", "").replace("-", "")
            hint = any(word in option for word in _SECRET_WORDS)
            more = ", 密钥本身不要写在文件里" if hint else ""
            return f"没有名为 {where} 的选项{more}"
        case "string_type":
            return f"{where} 应为文字 (加引号)"
        case "int_type" | "int_parsing" | "int_from_float":
            return f"{where} 应为整数"
        case "float_type" | "float_parsing":
            return f"{where} 应为数字"
        case "bool_type" | "bool_parsing":
            return f"{where} 应为 true 或 false"
        case "dict_type" | "model_type" | "model_attributes_type":
            return f"{where} 应为一组设置"
        case "list_type" | "tuple_type":
            return f"{where} 应为列表"
        case "literal_error" | "enum" | "union_tag_invalid":
            allowed = context.get("expected") or context.get("expected_tags", "")
            return f"{where} 只能是 {allowed}"
        case "union_tag_not_found":
            return f"{where} 缺少 {context.get('discriminator', 'kind')}"
        case "greater_than_equal" | "greater_than":
            return f"{where} 太小, 至少 {context.get('ge', context.get('gt'))}"
        case "less_than_equal" | "less_than":
            return f"{where} 太大, 至多 {context.get('le', context.get('lt'))}"
        case "string_too_short" | "too_short":
            return f"{where} 不能为空"
        case "value_error":
            return f"{where}: {context.get('error', mistake['msg'])}"
        case _:
            return f"{where} 不对 ({mistake['type']})"
