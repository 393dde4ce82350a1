"""Callbacks of widgets whose word comes when they have left the page."""

from typing import Any

import pytest
import streamlit as st

from lib.ui.builder import widgets


def test_a_word_that_comes_late_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {"there": {"row": 3}}
    monkeypatch.setattr(st, "session_state", state)
    said: list[Any] = []
    widgets.heard("gone", said.append)()
    widgets._tell("gone", said.append)
    assert said == []
    widgets.heard("there", said.append)()
    widgets._tell("there", said.append)
    assert said == [{"row": 3}, {"row": 3}]


def test_a_widget_is_told_its_value_anew_on_another_page(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[Any] = []

    class State(dict[str, Any]):
        def __setitem__(self, key: str, value: Any) -> None:
            if key == "period":
                written.append(value)
            super().__setitem__(key, value)

    monkeypatch.setattr(st, "session_state", State({"_page_new": True}))
    widgets.show("period", "all time")
    widgets.show("period", "all time")  # the page was not drawn to its end
    st.session_state["_page_new"] = False
    widgets.show("period", "all time")
    assert written == ["all time", "all time"]
