"""What users write: `keys` checks the keys and values of TOML tables, `columns` reads CSV.

Every mistake is a ValueError of one sentence: where, what was got and what was expected.
"""
