"""The page in headless Chromium: hover, switch layers, zoom, download, narrow windows and print."""

import csv
import io
import json
import re
import shutil
from pathlib import Path
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest
from matplotlib.image import imread

from jaxmed.results.page.page import report_page
from jaxmed.results.saved import read_saved

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@pytest.fixture(scope="module")
def browser():
    driver = pytest.importorskip("playwright.sync_api")
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        pytest.skip(f"no Chromium: none of {', '.join(NAMES)} is on the path")
    with driver.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def address(folder):
    path = folder / "report.html"
    path.write_text(report_page(folder, read_saved(folder)), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def open_page(browser, address):
    """Open the page; at the end nothing must have been fetched or complained about."""
    asked, complaints, contexts = [], [], []

    def call(width=1400, height=900, **options):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        page = contexts[-1].new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.goto(address)
        return page

    yield call
    for context in contexts:
        context.close()
    assert not complaints
    own = (address, "data:text/csv", "blob:")
    assert all(url.startswith(own) for url in asked)


def ticks(page):
    return page.locator("#plane > text:not(.label)").all_inner_texts()


def place(page):
    """Mass and coupling of the read-out."""
    text = page.inner_text("#readout strong")
    return [float(x) for x in re.fullmatch(r"M_Z′ = (\S+) MeV, g′ = (\S+)", text).groups()]


def centre(page):
    plot = page.locator("#plane")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.slow
def test_hovering_reads_numbers_out(open_page, saved):
    page = open_page()
    assert page.inner_text("#readout") == ""
    x, y = centre(page)
    page.mouse.move(x, y)
    first = page.inner_text("#readout strong")
    mass, g = place(page)
    assert 1e-3 < mass < 1 and 1e-7 < g < 1e-3
    page.mouse.move(x + 60, y)
    assert page.inner_text("#readout strong") != first
    # beside the best fit the contour's points are read out, at their own places
    star = page.locator("g[data-layer*=': contours'] .star").bounding_box()
    page.mouse.move(star["x"] + star["width"] / 2 + 75, star["y"] + star["height"] / 2)
    text = page.inner_text("#readout")
    found = re.search(r"contours.*Δ [=≈] 2\.30 at the computed point (\S+) MeV, (\S+)", text)
    points = saved["contour_xenon1t"]["xenon1t"]["points"]
    assert any(
        float(found[1]) == pytest.approx(m, rel=0.01)
        and float(found[2]) == pytest.approx(c, rel=0.01)
        for m, c in zip(points["mass_mev"], points["g"], strict=True)
    )
    # those of the contours alone, and of the contours beside the posterior
    assert page.locator("#cursor circle.near").count() == 2


def test_layers_can_be_switched_off_and_on(open_page):
    page = open_page()
    switch = page.get_by_label("u1r: XENON1T: 90 % limit, two-sided")
    drawn = page.locator("g[data-layer='u1r: XENON1T: 90 % limit, two-sided']")
    assert drawn.count() == 1
    switch.uncheck()
    assert drawn.count() == 0
    switch.check()
    assert drawn.count() == 1
    hidden = page.get_by_label("u1r: XENON1T: fit")
    assert not hidden.is_checked()
    hidden.check()
    assert page.locator("g[data-layer='u1r: XENON1T: fit'] path.curve").count() >= 3


def test_credible_regions_are_drawn_read_out_and_switched(open_page, saved):
    page = open_page()
    name = "u1r: XENON1T: credible regions at 68.27, 90 %"
    areas = page.locator(f"g[data-layer='{name}'] path.region")
    assert areas.count() == 2
    first = page.locator("#plane > g[clip-path] > g").first
    assert first.get_attribute("data-layer") == name, "areas lie below the lines"
    # the inner region reaches the edge of the priors on the left
    page.locator("#plane").scroll_into_view_if_needed()
    box = areas.first.bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 10, middle)
    assert f"{name}: inside the 68.27 % region" in page.inner_text("#readout")
    page.mouse.move(box["x"] - 10, middle)
    assert f"{name}: outside the 90 % region" in page.inner_text("#readout")
    page.mouse.move(box["x"] + 10, box["y"] - 3)
    assert f"{name}: inside the 90 % region" in page.inner_text("#readout")
    page.get_by_label(name).uncheck()
    assert areas.count() == 0
    assert page.locator(".warning").first.is_visible()


def test_zoom_drag_and_reset(open_page):
    page = open_page()
    home = ticks(page)
    x, y = centre(page)
    page.mouse.move(x, y)
    before = place(page)
    for _ in range(8):
        page.mouse.wheel(0, -100)
    page.mouse.move(x, y)
    assert ticks(page) != home
    # the wheel holds the point under it
    assert place(page) == pytest.approx(before, rel=0.01)
    page.mouse.down()
    page.mouse.move(x + 80, y + 40, steps=4)
    page.mouse.up()
    assert place(page) == pytest.approx(before, rel=0.01), "the point is dragged along"
    page.get_by_role("button", name="Reset").click()
    assert ticks(page) == home
    page.get_by_role("button", name="Zoom out").click()
    zoomed = ticks(page)
    assert zoomed != home
    page.get_by_role("button", name="Zoom in").click()
    assert ticks(page) == home


def test_the_keyboard_does_it_all(open_page):
    page = open_page()
    home = ticks(page)
    page.locator("#plane").focus()
    page.keyboard.press("ArrowRight")
    first = page.inner_text("#readout strong")
    page.keyboard.press("Shift+ArrowRight")
    assert page.inner_text("#readout strong") != first
    for _ in range(4):
        page.keyboard.press("+")
    assert ticks(page) != home
    page.keyboard.press("0")
    assert ticks(page) == home


def test_downloads_are_the_saved_numbers(open_page, saved, tmp_path):
    page = open_page()
    with page.expect_download() as waiting:
        page.get_by_role("link", name="limit_u1r_xenon1t.csv").click()
    path = tmp_path / "limit.csv"
    waiting.value.save_as(path)
    assert waiting.value.suggested_filename == "limit_u1r_xenon1t.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    upper = [float(row["g_upper"]) if row["g_upper"] else None for row in rows]
    assert upper == saved["limit_u1r_xenon1t"]["g_upper"]


@pytest.mark.parametrize("width", [320, 400, 1400])
def test_it_fits_the_window(open_page, width):
    page = open_page(width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.locator("#plane").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert len(ticks(page)) >= 4


def test_dark_windows_and_paper(open_page):
    colours = {}
    for scheme in ("light", "dark"):
        page = open_page(color_scheme=scheme)
        style = "getComputedStyle(document.body)"
        colours[scheme] = json.loads(
            page.evaluate(f"JSON.stringify([{style}.backgroundColor, {style}.color])")
        )
    assert colours["light"] == ["rgb(255, 255, 255)", "rgb(26, 26, 26)"]
    assert colours["dark"] == ["rgb(21, 24, 27)", "rgb(236, 236, 236)"]
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not page.locator("nav").is_visible()
    assert not page.get_by_role("button", name="Reset").is_visible()
    assert page.locator(".layer", has_text="90 % limit, two-sided").is_visible()
    assert not page.locator(".layer", has_text="XENON1T: fit").is_visible()
    assert page.pdf(format="A4")[:4] == b"%PDF"


FIGURES = ("exclusion", "spectrum_xenon1t_events_per_bin", "results_correlations")


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("kind", ["SVG", "PNG"])
def test_figures_are_saved_as_on_paper(open_page, tmp_path, name, kind):
    """What is saved from a dark page is what is saved from a light one, and stands alone."""
    found = []
    for scheme in ("light", "dark"):
        page = open_page(color_scheme=scheme)
        with page.expect_download() as waiting:
            page.get_by_role("button", name=f"Save {name} as {kind}", exact=True).click()
        assert waiting.value.suggested_filename == f"{name}.{kind.lower()}"
        found.append(tmp_path / scheme)
        waiting.value.save_as(found[-1])
    light, dark = (path.read_bytes() for path in found)
    assert light == dark
    if kind == "SVG":
        root = fromstring(light)
        assert b"var(" not in light and b"style=" not in light
        assert float(root.get("width")) == pytest.approx(float(root.get("viewBox").split()[2]))
        assert len(list(root.iter("{http://www.w3.org/2000/svg}text"))) > 5
    else:
        pixels = imread(io.BytesIO(light))
        assert pixels.shape[1] >= 1200
        assert (pixels[[0, 0, -1, -1], [0, -1, 0, -1], :3] == 1).all(), "its corners are paper"
        ink = (pixels[..., :3] < 0.9).any(axis=2)
        assert 0.01 < ink.mean() < 0.6


def test_a_png_is_what_the_page_shows(open_page, tmp_path):
    """A figure drawn by hand is the figure that the browser draws."""
    page = open_page()
    chart = page.locator("svg[data-name='spectrum_xenon1t_events_per_bin']")
    with page.expect_download() as waiting:
        page.get_by_role(
            "button", name="Save spectrum_xenon1t_events_per_bin as PNG", exact=True
        ).click()
    saved = imread(waiting.value.path())[..., :3]
    shown = imread(io.BytesIO(chart.screenshot()))[..., :3]
    # as coarse as letters, whose edges are drawn in two ways
    blocks = [
        np.array(
            [
                part.mean(axis=(0, 1))
                for row in np.array_split(image, 24)
                for part in np.array_split(row, 32, axis=1)
            ]
        )
        for image in (saved, shown)
    ]
    assert np.abs(blocks[0] - blocks[1]).mean() < 0.02
    assert np.abs(blocks[1] - 1).mean() > 0.05


def test_dark_pages_have_dark_figures(open_page):
    colour = "e => getComputedStyle(e).fill"
    shown = {}
    for scheme in ("light", "dark"):
        page = open_page(color_scheme=scheme)
        texts = [page.locator(f"{figure} text").first for figure in ("svg.chart", "#plane")]
        shown[scheme] = [text.evaluate(colour) for text in texts]
    assert shown == {"light": ["rgb(0, 0, 0)"] * 2, "dark": ["rgb(255, 255, 255)"] * 2}


@pytest.mark.parametrize("width", [400, 1300])
def test_nothing_is_cut_off_or_overlaps(open_page, width):
    """Texts of a figure lie inside it and beside each other, and blocks of the page follow each other."""
    page = open_page(width)
    cut, overlaps = page.evaluate(
        """() => {
          const box = (e) => e.getBoundingClientRect(), cut = [], overlaps = [];
          for (const svg of document.querySelectorAll("svg[data-name]")) {
            const whole = box(svg), texts = [...svg.querySelectorAll("text")];
            texts.forEach((text, i) => {
              const own = box(text);
              if (own.left < whole.left - 1 || own.right > whole.right + 1 || own.top < whole.top - 1
                || own.bottom > whole.bottom + 1) cut.push(`${svg.dataset.name}: ${text.textContent}`);
              for (const other of texts.slice(i + 1).map(box))
                if (Math.min(own.right, other.right) - Math.max(own.left, other.left) > 1
                  && Math.min(own.bottom, other.bottom) - Math.max(own.top, other.top) > 3)
                  overlaps.push(`${svg.dataset.name}: ${text.textContent}`);
            });
          }
          return [cut, overlaps];
        }"""
    )
    assert cut == [] and overlaps == []


def test_without_a_script_the_numbers_are_there(open_page):
    page = open_page(java_script_enabled=False)
    assert "needs JavaScript" in page.inner_text("noscript")
    assert page.locator("a[download]").count() > 5
    assert page.locator("svg.chart").first.is_visible()
    assert Path(page.url.removeprefix("file://")).name == "report.html"
