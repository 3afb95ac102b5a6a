"""Exceptions that symbios_geo raises for mistakes a user can mend."""


class SymbiosError(ValueError):
    """
    A mistake in data, arguments or files; the message says what, where and how to mend it.

    Parameters
    ----------
    message
        The English text.
    key, words
        The text in labels.csv, and what is filled in, where other languages have it too.
    """

    def __init__(self, message: str = "", key: str = "", **words: object) -> None:
        super().__init__(message)
        self.key, self.words = key, words


class DataError(SymbiosError):
    """A table in the data folder is missing, changed or unreadable."""


class RegisterError(SymbiosError):
    """A register breaks its rules; the message lists every fault."""


class PlaceError(SymbiosError):
    """A coordinate is missing, swapped, projected or outside the region."""


class ParameterError(SymbiosError):
    """An argument or parameter lies outside its physical range."""


class MatchError(SymbiosError):
    """Links, supply or demand cannot be matched as given."""


class OutputError(SymbiosError):
    """A result could not be written where it should go."""


class DisclosureError(SymbiosError):
    """Rows that may not leave the study were about to be drawn, shown or written."""


class RefreshError(SymbiosError):
    """A fresh fact could not be fetched; what was there before stays."""


class SourceFormatError(RefreshError):
    """A source answered in another shape than its connector knows."""
