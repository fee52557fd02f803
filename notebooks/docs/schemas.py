"""MkDocs hook: JSON schemas of every kind of result and of an experiment, as schemas/NAME.json, and links to them."""

import json

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from jaxmed.experiments.folder.schema.run import RunKeys
from jaxmed.results.kinds import KINDS

_MARK = "<!-- schemas -->"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The files of the site with the schemas."""
    for kind, each in KINDS.items():
        content = json.dumps(each.json_schema(), indent=2) + "\n"
        files.append(File.generated(config, f"schemas/{kind}.json", content=content))
    content = json.dumps(RunKeys.model_json_schema(), indent=2) + "\n"
    files.append(File.generated(config, "schemas/experiment.json", content=content))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """The page with links in place of the mark, if it has one."""
    del page
    links = ", ".join(f"[{kind}](schemas/{kind}.json)" for kind in sorted(KINDS))
    return markdown.replace(_MARK, links)
