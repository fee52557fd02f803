"""A page of the report, taken apart: elements, texts, and the numbers for download."""

import csv
import io
import json
from html.parser import HTMLParser
from urllib.parse import unquote

from jaxmed.results.page.page import report_page
from jaxmed.results.saved import read_saved


class Page(HTMLParser):
    """Elements with their attributes, and the text of scripts, styles and everything else."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.inside, self.texts = [], [], {}
        self.feed(text)

    def handle_starttag(self, name, attributes):
        self.elements.append((name, dict(attributes)))
        if name in ("script", "style"):
            self.inside.append(name)

    def handle_endtag(self, name):
        if self.inside and self.inside[-1] == name:
            self.inside.pop()

    def handle_data(self, data):
        self.texts.setdefault(self.inside[-1] if self.inside else "body", []).append(data)

    def all(self, name):
        return [attributes for element, attributes in self.elements if element == name]

    @property
    def layers(self):
        """Layers of the exclusion plot, none where there is no plot."""
        return json.loads(self.texts["script"][0]) if len(self.all("script")) > 1 else []

    @property
    def body(self):
        return " ".join(" ".join(self.texts["body"]).split())

    def csv(self, name):
        """Rows of a download as dictionaries."""
        (href,) = (a["href"] for a in self.all("a") if a.get("download") == name)
        text = unquote(href.partition(",")[2])
        return list(csv.DictReader(io.StringIO(text)))


def page_of(folder, overlays=()):
    return Page(report_page(folder, read_saved(folder), overlays))
