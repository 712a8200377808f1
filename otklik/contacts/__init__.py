"""People and organisations who write to the desk."""
