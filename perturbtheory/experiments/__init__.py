"""Experiments: grids of runs, each kept in a file of its own, then recorded and put into tables.

`sweep` runs any cells; `fits` and `vaes` are two rooms of one shape: `run` says what one run is,
`grids` which are made, `recorded` what was found, `tables` how it compares with the papers, and
`render` shows it in a terminal. `structured` and `semi` are of the same shape,
for coupled bits and for a latent of which some images have the label.
"""
