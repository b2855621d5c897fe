"""One file per model family: its modules, named as in the public checkpoints."""
