"""What experiment.toml may say: its keys, options laid over it, and the sentence for a mistake in it."""
