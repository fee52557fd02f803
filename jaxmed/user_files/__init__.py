"""What users write: `files` opens it, `keys` checks the keys and values of TOML tables, `columns` reads CSV.

`json_files` reads what jaxmed has written and users may have changed.

Every mistake is a ValueError of one sentence: where, what was got and what was expected.
"""
