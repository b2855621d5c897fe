"""From a prompt of ids to more ids: settings, scores, stopping, streaming, and the loop over the model."""
