"""What is measured: one file a question, each with a `run(table, settings)` and a one-line `TITLE`."""
