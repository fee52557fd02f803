"""A table in Python: short, whatever it holds."""

from jaxmed.results.rows import Rows


def table(n):
    return Rows("numbers", ("i", "square"), [[str(i), str(i * i)] for i in range(n)], (0, 1))


def test_a_long_table_shows_its_ends():
    cells = [line.split()[1::2] for line in str(table(61)).splitlines()[4:-1]]
    assert cells[:6] == [[str(i), str(i * i)] for i in range(6)]
    assert "... 49 more" in str(table(61))
    assert cells[7:] == [[str(i), str(i * i)] for i in range(55, 61)]


def test_a_short_one_is_whole_and_html_always_is():
    assert "more" not in str(table(13)) and "144" in str(table(13))
    assert table(61).html().count("<tr>") == 62
