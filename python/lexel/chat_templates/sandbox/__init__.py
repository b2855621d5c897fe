"""Runs a template nobody vouched for: immutable inputs, no way out, a bound on the work.

`budget` counts, `guards` prices single operations before they run, `filters` does so around jinja2's own. `codegen`
(with `lookups` and `expressions`) writes the Python a template becomes, which counts, and calls `inline` for what is
more than a step; `generation` is the tag of that name. `environment` ties them to jinja2, `errors` makes exceptions.
Only `budget` may be imported without jinja2; the others are imported when something is rendered.
"""
