"""-log L of an HS3 document in plain NumPy: what jaxmed writes, read by nothing of jaxmed."""

import numpy as np
from scipy.special import gammaln


def _largest(*values):
    return np.maximum(*values)


def _smallest(*values):
    return np.minimum(*values)


KNOWN = {"exp": np.exp, "max": _largest, "min": _smallest, "__builtins__": {}}


class Reader:
    """A document, evaluated at many points at once."""

    def __init__(self, document):
        self.document = document
        self.code = [
            (f["name"], compile(f["expression"], f["name"], "eval")) for f in document["functions"]
        ]
        self.data = {each["name"]: np.array(each["contents"]) for each in document["data"]}
        points = document["parameter_points"][0]["parameters"]
        self.constants = {p["name"]: p["value"] for p in points if p.get("const")}
        self.by_name = {each["name"]: each for each in document["distributions"]}

    def nll(self, points):
        """-log L (n,) at the points: name -> values (n,)."""
        (likelihood,) = self.document["likelihoods"]
        size = len(next(iter(points.values())))
        values = self.constants | points
        for name, code in self.code:
            values[name] = eval(code, KNOWN, values)
        pairs = zip(likelihood["distributions"], likelihood["data"], strict=True)
        found = sum(self._channel(self.by_name[d], self.data[n], values) for d, n in pairs)
        for name in likelihood["aux_distributions"]:
            found = found + self._gaussian(self.by_name[name], values)
        return np.broadcast_to(found, (size,))

    @staticmethod
    def _gaussian(d, values):
        x, mean, sigma = (
            values[d[k]] if isinstance(d[k], str) else d[k] for k in ("x", "mean", "sigma")
        )
        return ((x - mean) / sigma) ** 2 / 2 + np.log(sigma * np.sqrt(2 * np.pi))

    @staticmethod
    def _channel(channel, n, values):
        total = 0.0
        for sample in channel["samples"]:
            events = np.array(sample["data"]["contents"])[:, None]
            for m in sample["modifiers"]:
                if m["type"] == "normfactor":
                    events = events * values[m["parameter"]]
                else:
                    rows = np.broadcast_arrays(*(values[name] for name in m["parameters"]))
                    events = events * np.stack([np.atleast_1d(row) for row in rows])
            total = total + events
        return (total - n[:, None] * np.log(total) + gammaln(n + 1)[:, None]).sum(axis=0)
