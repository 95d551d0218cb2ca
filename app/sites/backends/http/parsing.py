"""How pydantic is told that a class of ours reads its own option."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True, slots=True)
class ReadBy:
    """Marks a type of an option: `Annotated[Template, ReadBy(Template.parse)]`.

    Unlike pydantic's `PlainValidator` it does not look into the type.
    """

    read: Callable[[object], object]
    """Raises `ValueError` with the sentence for the installer."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Give pydantic the function alone."""
        return core_schema.no_info_plain_validator_function(self.read)
