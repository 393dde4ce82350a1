"""Can the numbers be believed? Sources, quarantine, events, joins and files, as frames and sentences.

Pure functions: what reads facts takes `Facts`, what reads the warehouse's own tables takes `Warehouse`. They count
every row there is, staff and test users too: this is about the data, not about the business.
"""
