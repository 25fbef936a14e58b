"""Parameters of lists of entries: which ones, in which order, and which part of them."""

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from api.http.fields import LabelField, Many, one_of
from api.usage.lists import SORT_KEYS, Wanted
from problem_json.whole_numbers import WholeNumber
from quotas.file.values import LONGEST_VALUE

MOST_ON_PAGE = 1_000
_LAST_PAGE = 1_000_000
_SORTS = tuple(sign + key for key in SORT_KEYS for sign in ("", "-"))
# Without the last part, Python takes a line feed at the end for the end.
_STATE = r"^(ok|no_data|[0-9]{1,4}(\.[0-9]{1,2})?)$(?!\n)"
_A_STATE = '"ok", "no_data" or a threshold such as "80"'
_A_SEARCH = f"up to {LONGEST_VALUE} characters"


def _whole(most: int, default: int, description: str) -> WholeNumber:
    return WholeNumber(most=most, load_default=default, metadata={"description": description})


class EntriesQuestionSchema(Schema):
    """The parameters of /api/v1/quotas, /api/v1/quotas/<name> and /api/v1/quota-summaries."""

    states = Many(
        fields.String(validate=validate.Regexp(_STATE, error=_A_STATE)),
        data_key="state",
        metadata={"description": 'only those in one of these states: "ok", "80", ...'},
    )
    labels = Many(
        LabelField(),
        data_key="label",
        metadata={"description": "only those with all of these labels: team:bun"},
    )
    search = fields.String(
        validate=validate.Length(0, LONGEST_VALUE, error=_A_SEARCH),
        load_default="",
        metadata={"description": "only those with all of these words in their name or labels"},
    )
    sort = fields.String(
        validate=one_of(_SORTS),
        load_default="-ratio",
        metadata={"description": 'by default "-ratio": the worst first'},
    )
    page = _whole(_LAST_PAGE, 1, "from 1")
    page_size = _whole(MOST_ON_PAGE, 100, "how many on a page")

    @post_load
    def _make(self, values: dict[str, Any], **_: Any) -> Wanted:
        return Wanted(**values)
