"""What the fields of questions mean, and a question of each kind: what `docs/contract.md` says.

A key is the name of a field, or of a class and its field where the same name means something else.
"""

from lib.meanings import activity, cohorts, money, shared, trials

MEANINGS = shared.MEANINGS | activity.MEANINGS | cohorts.MEANINGS | money.MEANINGS | trials.MEANINGS
EXAMPLES = activity.EXAMPLES | cohorts.EXAMPLES | money.EXAMPLES | trials.EXAMPLES
