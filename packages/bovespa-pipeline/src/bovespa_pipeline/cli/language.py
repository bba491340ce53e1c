"""The language of the command: that of `--lang`, else of BOVESPA_LANG, else of the locale.

Tables, messages and plots are in it. What programs read (CSV, JSON, Parquet, events) is the same
in every language.
"""

import os
from collections.abc import Mapping
from typing import Any, Final

import click

from bovespa_pipeline.texts import ENGLISH, PORTUGUESE, Texts, texts

__all__ = ["choose", "counted", "current", "lang_option", "language_of_locale", "text"]

_LOCALE: Final = ("LC_ALL", "LC_MESSAGES", "LANG")
"""The first of these that is set counts, as in POSIX."""


class _Choice:
    """The language of the command that runs."""

    language = ENGLISH


_choice: Final = _Choice()


def current() -> Texts:
    """The texts in the language of the command."""
    return texts(_choice.language)


def text(key: str, /, **values: object) -> str:
    """The text of a key in the language of the command."""
    return current()(key, **values)


def counted(number: int, noun: str) -> str:
    """A count with its noun, in the language of the command."""
    return current().counted(number, noun)


def choose(language: str) -> None:
    """Set the language of the command."""
    _choice.language = language


def language_of_locale(environment: Mapping[str, str] = os.environ) -> str:
    """The language that the environment asks for; English unless it is Portuguese."""
    locale = next((value for name in _LOCALE if (value := environment.get(name))), "")
    return _language(locale) or ENGLISH


def _language(name: str) -> str | None:
    """`pt`, `pt-BR`, `pt_BR.UTF-8` and `en` likewise; None for any other."""
    short = name.partition(".")[0].replace("_", "-").partition("-")[0].lower()
    return {"pt": PORTUGUESE, "en": ENGLISH}.get(short)


class _Language(click.ParamType[str]):
    """The name of a language."""

    name = "en|pt"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        language = _language(value)
        if language is None:
            self.fail(text("usage.language", value=repr(value)), param, ctx)
        return language


def _chosen(ctx: click.Context, _: click.Parameter, language: str | None) -> None:
    if language is not None and not ctx.resilient_parsing:
        choose(language)


def lang_option(**about: Any) -> click.Option:
    """The option `--lang`: of `bovespa` itself and of each command."""
    return click.Option(
        ["--lang"],
        type=_Language(),
        is_eager=True,
        expose_value=False,
        callback=_chosen,
        help="Language of tables and messages.  [default: by the locale]",
        **about,
    )
