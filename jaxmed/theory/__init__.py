"""The paper's equations as pure functions of scalars; the caller vmaps."""
