"""A template of ours that names what its view did not give fails its test."""

import sys

from django.template import engines


class UndefinedVariableError(AssertionError):
    pass


class Undefined(str):
    """What Django prints where a variable is unknown: `"%s" in it` is asked first, then `it % variable`."""

    def __contains__(self, item: object) -> bool:
        return item == "%s"

    def __mod__(self, variable: object) -> str:
        template = sys._getframe(1).f_locals["context"].render_context.template
        if "site-packages" in str(template.origin):
            return ""
        raise UndefinedVariableError(f"{template.origin}: {variable} is undefined")

    def __str__(self) -> str:
        raise UndefinedVariableError("a template calls a method that needs arguments")


def forbid_undefined_variables() -> None:
    engines["django"].engine.string_if_invalid = Undefined("%s")
