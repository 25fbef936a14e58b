"""Headers that requests carry: added to each, never shown, and removed from what servers repeat."""

import requests

from quotas.http.headers import basic, bearer, plain


def sent(headers: requests.auth.AuthBase) -> dict[str, str]:
    """Return the headers of a request to a server whose address has another login."""
    request = requests.Request("GET", "http://host/", auth=headers)
    return dict(requests.Session().prepare_request(request).headers)


def test_a_request_carries_all_of_them() -> None:
    found = sent(plain("X-Scope-OrgID", "a|b") + bearer("t"))
    assert (found["X-Scope-OrgID"], found["Authorization"]) == ("a|b", "Bearer t")


def test_user_and_password_may_have_any_characters() -> None:
    # printf 'Zoë:a:b ü' | base64
    assert sent(basic("Zoë", "a:b ü"))["Authorization"] == "Basic Wm/DqzphOmIgw7w="


def test_a_name_is_found_in_any_case() -> None:
    assert bearer("t").has("authorization")
    assert not bearer("t").has("X-Scope-OrgID")


def test_no_value_is_in_a_repr() -> None:
    assert "hush" not in repr(plain("X", "hush") + bearer("hush") + basic("hush", "hush"))


def test_what_a_server_repeats_is_hidden() -> None:
    headers = plain("X-Scope-OrgID", "team-a") + bearer("hush") + basic("me", "team-a-password")
    text = 'tenant team-a: "Bearer hush", token hush, bWU6dGVhbS1hLXBhc3N3b3Jk, team-a-password'
    assert headers.hide_in(text) == 'tenant ***: "***", token ***, ***, ***'
    assert basic("me", "").hide_in("me and nobody") == "me and nobody"
