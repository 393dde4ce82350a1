from lib.queries import okrs
from lib.ui import (
    okr_check_in,
    okr_choice,
    okr_conflicts,
    okr_detail,
    okr_history,
    okr_key_result,
    okr_objective,
    okr_parts,
    url,
)

known = okrs.records()
choice = okr_choice.here(known, okr_choice.today())
whole = okr_parts.board(known, choice)
shown = okr_choice.narrowed(whole, choice)

okr_parts.head("OKRs", lambda: okr_parts.actions(known, whole))
url.say_refused()
okr_conflicts.waiting()
if not known.objectives:
    okr_parts.begin(choice.cycle)
else:
    okr_parts.said(whole)
    okr_choice.controls(choice, known, okr_choice.today())
    okr_parts.numbers(whole)
    okr_detail.detail(whole, choice)
    views = {
        "Key results": lambda: okr_parts.overview(shown),
        "Over cycles": lambda: okr_history.history(known),
        "Diagnosis": lambda: okr_history.diagnosis(known),
    }
    okr_choice.tabs(choice, views)

okr_objective.objective_drawer(known)
okr_key_result.key_result_drawer(known, whole)
okr_check_in.drawers(whole)
okr_conflicts.conflict_drawer()
