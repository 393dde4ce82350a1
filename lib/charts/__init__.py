"""A frame in, a chart out: `chart(frame, tones)` draws, `title(frame)` says what it shows,
`summary(frame)` tells it to those who cannot see it.

Encodings are Altair objects, never keyword shorthand, which is a hundred times slower to build. Colours come from the
theme; the few that carry meaning are in `tones`.
"""
