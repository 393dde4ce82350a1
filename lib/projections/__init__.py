"""Projections: what models expect beyond the data. They stand apart from what was observed.

Every projection carries its `label`, the parameters that were fitted, and a back-test: the model is fitted on an
earlier part of the data and compared with what then happened. Only questions of the kind `projection` use them.
"""
