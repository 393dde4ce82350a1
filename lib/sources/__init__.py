"""Outside formats become canonical frames: `expand` a spec into sources, `read` each (or its `head`),
`propose` a first mapping.

Good rows and rejected rows come back together; nothing is dropped silently.
"""

from lib.sources.preview import Head, head
from lib.sources.proposal import Proposal, propose
from lib.sources.reading import read
from lib.sources.source import REJECTED, Batch, Source, expand, redact

__all__ = ["REJECTED", "Batch", "Head", "Proposal", "Source", "expand", "head", "propose", "read", "redact"]
