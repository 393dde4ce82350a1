"""A frame in, a chart out: `chart(frame, tones, …)` draws, `title(frame)` says what it shows, `summary(frame)` tells it
to those who cannot see it, and `example()` is a small frame with what else the chart takes (`docs/charts.md` draws it).

Encodings are Altair objects, never keyword shorthand, which is a hundred times slower to build. Colours come from the
theme file: by meaning in `tones`, by segment in `colours`. `specification` makes a chart ready for a page, `image` for
a file.
"""
