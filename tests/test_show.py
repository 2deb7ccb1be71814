"""Figures and tables as `zhejiang.show` publishes them."""

import io
import re

import matplotlib.path
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
import resvg_py

from zhejiang import data, render, show
from zhejiang.typography import with_minus


@pytest.fixture
def published(monkeypatch):
    """A function that publishes a figure and returns its record and its SVG."""
    displayed = []
    monkeypatch.setattr(show, "display", lambda content, metadata, raw: displayed.append((metadata["image/svg+xml"]["zhejiang"], content["image/svg+xml"])))

    def publish(fig, frame):
        show.figure(fig, id="ch99-fig-test", caption="Test", alt="Test", source="", data=frame)
        return displayed[-1]

    return publish


def ink(svg, x, y):
    """Is the drawing anything but blank at this place, x and y as parts of its width and height?"""
    pixels = plt.imread(io.BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg, dpi=144, background="#ffffff", skip_system_fonts=True))))
    height, width = pixels.shape[:2]
    return pixels[min(int(y * height), height - 1), min(int(x * width), width - 1), :3].min() < 0.9


@pytest.fixture
def line():
    frame = pd.DataFrame({"year": [2001, 2002, 2003], "exports_percent_of_gdp": [20.5, 31.25, 38.0]})
    fig, axis = plt.subplots()
    axis.plot(frame["year"], frame["exports_percent_of_gdp"], "o", color="black", ms=8)
    axis.grid(False)
    return fig, frame


def test_points_lie_where_the_figure_draws_its_rows(line, published):
    """The drawing is read back: there is a mark at each point and none beside it."""
    fig, frame = line
    record, svg = published(fig, frame)
    assert sorted(row for *_, row in record["points"]) == [0, 1, 2]
    for x, y, _ in record["points"]:
        assert ink(svg, x, y) and not ink(svg, x + 0.03, y)
    by_row = sorted(record["points"], key=lambda point: point[2])
    assert [x for x, _, _ in by_row] == sorted(x for x, _, _ in by_row) and [y for _, y, _ in by_row] == sorted((y for _, y, _ in by_row), reverse=True)


def test_tips_of_bars_are_points(published):
    frame = pd.DataFrame({"share_percent": [10.0, 30.0]}, index=pd.Index(["Ningbo", "China"], name="place"))
    fig, axis = plt.subplots()
    axis.barh(range(2), frame["share_percent"])
    record, _ = published(fig, frame)
    assert sorted(row for *_, row in record["points"]) == [0, 1]
    (ningbo, china) = sorted(record["points"], key=lambda point: point[2])
    assert ningbo[0] < china[0] and ningbo[1] > china[1]


def test_a_point_that_two_rows_share_has_no_value(published):
    frame = pd.DataFrame({"year": [2001, 2001], "exports": [20.0, 20.0], "series": ["a", "b"]})
    fig, axis = plt.subplots()
    axis.plot(frame["year"], frame["exports"], "o")
    record, _ = published(fig, frame)
    assert record["points"] == []


def test_guides_and_clouds_have_no_values(published):
    count = show.MOST_POINTS + 1
    frame = pd.DataFrame({"x": np.arange(count) * 1.5, "y": np.arange(count) * 2.5})
    fig, axis = plt.subplots()
    axis.plot(frame["x"], frame["y"], "o")
    assert published(fig, frame)[0]["points"] == []
    fig, axis = plt.subplots()
    axis.plot([1.5, 3.0], [2.5, 5.0], gid="guide")
    assert published(fig, frame)[0]["points"] == []


def test_values_are_written_for_readers(line, published):
    fig, frame = line
    record, _ = published(fig, frame.assign(change=[-1234567, None, 0.000123456]))
    payload = render.values_nodes(record)[0]["payload"]
    assert payload["columns"] == ["year", "exports percent of gdp", "change"]
    assert payload["rows"] == [["2001", "20.5", "−1,234,567"], ["2002", "31.25", ""], ["2003", "38", "0.0001235"]]


@pytest.mark.parametrize(("text", "set"), [
    ("-0.82", "−0.82"), ("-.5", "−.5"), ("(-3.2 to -1)", "(−3.2 to −1)"), ("1998-2010", "1998-2010"), ("ch01-tab-1", "ch01-tab-1"), ("x-1", "x-1"), ("non-2", "non-2"),
])
def test_minus(text, set):
    assert with_minus(text) == set


def test_every_county_seat_lies_in_the_outline_of_its_city():
    """Seats and outlines come from different sources."""
    seats = data.load("zhejiang_counties/seats").dropna()
    rings = [(code, matplotlib.path.Path(ring[["longitude_degrees", "latitude_degrees"]].to_numpy()))
             for (code, _), ring in data.load("prefectures/boundaries").groupby(["city_code", "ring"])]
    for seat in seats.itertuples():
        inside = {str(code)[:4] for code, ring in rings if ring.contains_point((seat.longitude_degrees, seat.latitude_degrees))}
        assert inside == {str(seat.code)[:4]}, seat.name_zh


def test_map_is_drawn_in_the_proportions_of_its_latitude():
    """At 29 degrees north a degree of longitude is 0.87 of one of latitude."""
    fig, axis = plt.subplots()
    boundaries = data.load("prefectures/boundaries")
    show.outlines(axis, boundaries, {code: 0.5 for code in boundaries["city_code"]})
    assert axis.get_aspect() == pytest.approx(1 / 0.87, rel=0.02)
    assert len(axis.collections) == 11
    x, y = axis.get_xlim(), axis.get_ylim()
    assert x[0] < 118.1 and x[1] > 122.5 and y[0] < 27.3 and y[1] > 31.1
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg")
    plt.close(fig)
    assert len(re.findall(rf"fill: {show.BLUE}; fill-opacity: 0.5", buffer.getvalue())) >= 1
