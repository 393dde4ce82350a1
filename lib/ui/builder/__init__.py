"""Parts to build a question with, by point and click.

A part is a function of a key, the present JSON value and `write`: it draws widgets and calls `write` with the changed
value, from a callback, before the page runs again. It knows neither the address nor the kind of question, so that the
same part serves a funnel, a retention and whatever else is asked, on a page or in a drawer.
"""
