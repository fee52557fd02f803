"""What a level without an edge says about a plane."""

import numpy as np
import pytest

from jaxmed.results.regions import without_edge


@pytest.mark.parametrize(
    ("delta", "words"),
    [
        ([0.0, 2.7], "everything in the plane is allowed"),
        ([0.0, np.nan], "everything in the plane where the model is defined is allowed"),
        ([2.8, 5.0], "nothing in the plane is allowed"),
        ([2.8, np.nan], "nothing in the plane where the model is defined is allowed"),
        ([2.0, 5.0], "the region is too small to be seen"),
    ],
)
def test_without_an_edge(delta, words):
    assert without_edge(np.array(delta), 2.7) == words
