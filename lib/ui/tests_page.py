"""The page Tests as a whole: which part is shown, and what stands above it."""

import streamlit as st

from lib.answers import Answer
from lib.model import TABLES
from lib.ui import states, tests_change, tests_controls, tests_ledger, tests_plan, tests_readout
from lib.ui.page import page_header, verdict
from lib.ui.tests_choice import TABS, TestsChoice
from lib.ui.tests_known import readable_tests
from lib.ui.words import plain

NO_TESTS = (
    "## No test was loaded yet\n\nA test is read from the table **exposures**: who saw which variant, and when. Without"
    " one, a change can still be looked at before and after, and a test can be planned."
)


def part(choice: TestsChoice) -> Answer | None:
    """Draw the part that is chosen; returns its answer, where it asks one."""
    if choice.tab == TABS[1]:
        return _change(choice)
    if choice.tab == TABS[2]:
        tests_plan.show(choice)
    elif choice.tab == TABS[3]:
        tests_ledger.show()
    else:
        return _readout(choice)
    return None


def header(choice: TestsChoice, answer: Answer | None) -> None:
    """The page's name; the sentence of the answer, or that about all tests."""
    if answer is None:
        states.title("Tests")
        if choice.tab == TABS[3] or (choice.tab == TABS[0] and readable_tests()):
            tests_ledger.headline()
        return
    page_header("Tests", answer)
    verdict(tests_readout.titled(answer))
    if choice.tab == TABS[0]:
        st.caption(plain(f"All tests: {tests_ledger.overview()}"))


def _readout(choice: TestsChoice) -> Answer | None:
    asked = tests_readout.ask(choice)
    if asked is None:
        st.markdown(NO_TESTS)
        st.download_button("Download the template of exposures", TABLES["exposures"].template(), "exposures.csv",
                           "text/csv", key="template-exposures", icon=":material/download:")  # fmt: skip
        return None
    exp, answer = asked
    tests_readout.about(exp, answer)
    tests_controls.test_controls(choice, exp)
    tests_readout.show(exp, answer)
    return answer


def _change(choice: TestsChoice) -> Answer | None:
    answer = tests_change.ask(choice)
    if answer is None:
        tests_change.start(choice)
        return None
    tests_controls.change_controls(choice)
    tests_change.show(choice, answer)
    tests_change.others(choice)
    return answer
