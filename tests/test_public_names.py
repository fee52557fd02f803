import jaxmed


def test_every_public_name_is_there():
    assert {name for name in jaxmed.__all__ if getattr(jaxmed, name).__name__ != name} == set()
    assert dir(jaxmed) == sorted(jaxmed.__all__)
