"""The page and Markdown: every name is text whatever it holds, and nothing is loaded. Every check has mutants."""

from __future__ import annotations

import dataclasses
import functools
import math
from html.parser import HTMLParser

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from render_samples import EVIL, HOSTILE, RIGHT_POINT, WRONG_POINT, a_report, few, finding, hostile, law, real

from verify.finding import Report
from verify.render import bars, html, mathml
from verify.render.figures import worst_first
from verify.render.html import finding_html, report_html
from verify.render.markdown import report_markdown
from verify.render.text import explain, summary_line

# --- HTML and Markdown

TAGS = set(
    "html head meta title style body header h1 h2 h3 p strong section ul li div button b details summary dl dt dd span "
    "main form label input select option output table thead tbody tr th td code pre em svg rect path circle footer "
    "script".split()
) | mathml.ELEMENTS  # fmt: skip
VOID = {"meta", "input"}


class Page(HTMLParser):
    """Collects what a browser would act upon."""

    def __init__(self, source: str, tags: set[str]) -> None:
        super().__init__()
        self.tags, self.faults, self.shown = tags, [], []
        self.open: list[str] = []
        self.feed(source)
        self.close()
        if self.open:
            self.faults.append(f"left open: {self.open}")

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        if tag not in self.tags:
            self.faults.append(f"<{tag}>")
        for name, value in attributes:
            if name.startswith("on") or name in ("src", "href", "srcset", "action", "xlink:href"):
                self.faults.append(f"{tag} {name}={value}")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> does not match")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("script", "style"):
            if "url(" in data or "innerHTML" in data or "://" in data or "alert" in data or "@import" in data:
                self.faults.append("a script or style that loads or writes markup")
        else:
            self.shown.append(data)


def page_faults(source: str, tags: set[str] = TAGS) -> list[str]:
    return Page(source, tags).faults


def test_hostile_names_are_text_in_the_page() -> None:
    for source in (report_html(Report((hostile(), finding()), (EVIL,))), finding_html(hostile())):
        assert page_faults(source) == []
        shown = "".join(Page(source, TAGS).shown)
        assert shown.count(HOSTILE) >= 15
        assert "{{7*7}}" in shown
    assert "Content-Security-Policy" in report_html(Report(()))
    assert "default-src 'none'" in report_html(Report(()))


def test_an_unescaping_page_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    careless = functools.partial(jinja2.Environment, autoescape=False)
    monkeypatch.setattr(html.jinja2, "Environment", lambda **k: careless(**{x: k[x] for x in k if x != "autoescape"}))
    html._template.cache_clear()
    try:
        assert page_faults(report_html(Report((hostile(),))))
    finally:
        html._template.cache_clear()


def test_formulas_are_whitelisted_trees() -> None:
    from latex2mathml.converter import convert

    name = rf"\text{{{HOSTILE}}}^{{2}}"
    shown = mathml.mathml(name)
    assert shown is not None
    assert page_faults(shown) == []
    assert "&lt;img" in shown
    assert page_faults(convert(name))  # the converter alone hands the name through
    for refused in (r"\href{javascript:alert(1)}{x}", r"\style{color:red}{x}", r"\text{a", "", "x" * 10_000,
                    r"\color{red}{x}", r"\includegraphics{x}", "{" * 900):  # fmt: skip
        assert mathml.mathml(refused) is None
    assert mathml.mathml(r"\frac{1}{e^{- b - wx} + 1}") is not None


@given(st.text(max_size=30))
@law
def test_any_name_in_a_formula_is_shown_as_it_is(name: str) -> None:
    from verify.formulas import _name

    shown = mathml.mathml(rf"{_name(name)} + 1")
    if shown is not None:
        assert page_faults(shown) == []


def test_markdown_holds_no_markup_from_names() -> None:
    source = report_markdown(Report((hostile(), finding()), (EVIL,)))
    tags = TAGS | {"hr"}
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")

    def faults(markdown: str) -> list[str]:
        return page_faults(reader.render(markdown), tags)

    assert faults(source) == []
    rendered = reader.render(source)
    assert rendered.count("<tr>") == 3
    assert rendered.count("<td") == 12
    assert rendered.count("<h1>") == 1
    for raw in (EVIL, "[x](https://x.org)", "<https://x.org>"):
        assert faults(f"# x\n\n{raw}\n")
    assert faults(source.replace("&lt;", "<").replace("&gt;", ">"))


@given(a_report)
@few
def test_every_report_can_be_shown(report: Report) -> None:
    page = report_html(report)
    assert page_faults(page) == []
    assert report_markdown(report).startswith("# Gradient report")
    for item in report.findings:
        assert explain(item).replace("\n", "").isprintable()
        assert summary_line(item).isprintable()
        assert page_faults(finding_html(item)) == []


def test_real_findings_show_what_decided() -> None:
    page = report_html(real())
    assert page_faults(page) == []
    shown = "".join(Page(page, TAGS).shown)
    for part in ("is 1/2 x the truth", "log needs x > 0", "ZeroDivisionError", "∂f/∂w", "a.jsonl line 3"):
        assert part in shown, part
        assert part in "\n".join(map(explain, real().findings)) or part in ("∂f/∂w", "a.jsonl line 3")
    assert "<math" in page


def test_the_worst_come_first() -> None:
    expected, odd = finding(expect=("WRONG",), id="a"), finding(RIGHT_POINT, expect=("WRONG",), id="b")
    small = finding(dataclasses.replace(WRONG_POINT, units=17.0), expect=("WRONG",), id="c")
    lost = finding(dataclasses.replace(WRONG_POINT, units=math.nan), expect=("WRONG",), id="d")
    right = finding(RIGHT_POINT, id="e")
    assert [f.id for f in worst_first(Report((right, small, expected, lost, odd)))] == ["b", "d", "a", "c", "e"]
    page = report_html(Report((right, expected, odd)))
    first = page[page.index('<tbody id="c0"') : page.index('<tbody id="c1"')]
    assert 'data-unexpected="yes"' in first
    assert page.count("<details open") == first.count("<details open") == 1


def test_a_large_report_stays_small() -> None:
    at = dict.fromkeys("xyz", 0.7895540552362477)
    formula = r"\frac{\text{x1} e^{- \text{y}}}{\sqrt{\text{z} + 1}}" * 3
    point = dataclasses.replace(RIGHT_POINT, at=at, yours=math.pi, truth="3.14159265358979323846", gap=1e-16)
    many = [
        finding(*[point] * 10, id=f"claim {i}", formula=formula, gradient=(("x", formula),) * 3) for i in range(300)
    ]
    assert len(report_html(Report(tuple(many))).encode()) < 3_000_000


@given(st.floats(0, 1e300), st.floats(0, 1e300))
@law
def test_bars_keep_the_order_of_distances(a: float, b: float) -> None:
    scale = bars.scale(WRONG_POINT)
    assert scale is not None
    assert bars.scale(dataclasses.replace(WRONG_POINT, allowed=None)) is None
    assert scale.place(min(a, b)) <= scale.place(max(a, b))
    assert 0 <= scale.place(a) <= bars.WIDTH
    drawn = bars.bar(scale, WRONG_POINT, 1.0, 0.0)
    assert drawn.dot > drawn.allowed > 0 == bars.bar(scale, WRONG_POINT, 1e-3, 1e-2).start
