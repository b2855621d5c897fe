"""Runs a template nobody vouched for: immutable inputs, no way out, a bound on the work.

`budget` counts, `guards` prices single operations before they run, `instrument` puts the counting into the template's
syntax tree, `environment` ties them to jinja2, `errors` makes the exceptions. Only `budget` may be imported without
jinja2; the others are imported when something is rendered.
"""
