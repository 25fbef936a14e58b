"""Questions that are well formed and yet cannot be answered; the errors module answers for them."""

from api.bandwidth.windows import Step


class TooManyPointsError(Exception):
    """The answer would be too large; ``step`` is one with which it would not, if there is any."""

    def __init__(self, message: str, step: Step | None = None) -> None:
        self.step = step
        super().__init__(message)


class NotFoundError(Exception):
    """What is asked for is not there, or may not be seen: the answer does not tell which."""


class UnauthorizedError(Exception):
    """There is no token, or it is unknown or has expired."""
