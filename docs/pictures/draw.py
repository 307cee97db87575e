"""The pictures of the type pages: one real value of each type, drawn from what the value gives back after a journey through a run.

``python docs/pictures/draw.py [NAME ...]`` writes them beside itself; pages, plotly and Bokeh figures need ``chromium`` on the path, and
``keypoints`` the example for authors that is so named.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

import wbtypes

TARGET = Path(__file__).parent
SIZE = (7.2, 3.2)
"""Inches, at 100 pixels each."""

COLOURS = ("#8d99ae", "#e9c46a", "#d1495b", "#2a9d8f")
LABELS = {0: "scenery", 1: "road", 2: "car"}


def stored(value: Any) -> Any:
    """The value as it is read back from a run."""
    store = wbtypes.MemoryStore()
    return wbtypes.decode(wbtypes.encode({"value": value}, store).json, store)["value"]


# -- values ---------------------------------------------------------------------------------------------------


def scene() -> tuple[Any, Any]:
    """A picture of a road under an evening sky with a car on it, and the class of each pixel."""
    y, x = np.mgrid[0:180, 0:320]
    picture = np.stack([90 + y * 0.6, 110 + y * 0.3, 200 - y * 0.5], axis=-1)
    classes = np.zeros(y.shape, np.uint8)
    picture[y > 110] = (70, 120, 70)
    road = (y > 110) & (abs(x - 160) < (y - 100) * 1.6)
    picture[road], classes[road] = (80, 80, 90), 1
    car = ((y > 118) & (y < 146) & (abs(x - 190) < 36)) | ((y > 102) & (y < 120) & (abs(x - 188) < 20))
    picture[car], classes[car] = (190, 50, 50), 2
    picture[(x - 60) ** 2 + (y - 60) ** 2 < 22**2] = (250, 220, 150)
    return picture.clip(0, 255).astype(np.uint8), classes


def boxes() -> dict[str, Any]:
    """The car and the sun of the scene."""
    places = (((154, 226, 102, 146), 2, 0.93), ((38, 82, 38, 82), 0, 0.71))
    names = ("minX", "maxX", "minY", "maxY")
    data = [
        {
            "position": dict(zip(names, place, strict=True)),
            "domain": "pixel",
            "class_id": at,
            "scores": {"p": score},
        }
        for place, at, score in places
    ]
    return {"box_data": data, "class_labels": LABELS}


def image() -> Any:
    """The scene with its mask and boxes."""
    pixels, classes = scene()
    mask = {"mask_data": classes, "class_labels": LABELS}
    return wbtypes.Image(pixels, caption="a road at dusk", masks={"truth": mask}, boxes={"pred": boxes()})


def chime() -> Any:
    """A second of two notes."""
    time = np.arange(16_000) / 16_000
    sound = np.sin(2 * np.pi * 440 * time) * np.exp(-3 * time) + 0.5 * np.sin(2 * np.pi * 660 * time)
    return wbtypes.Audio((0.5 * sound).astype(np.float32), sample_rate=16_000, caption="a chime")


def ball() -> Any:
    """A ball that crosses the picture."""
    y, x = np.mgrid[0:48, 0:64]
    frames = [((x - 8 - 9 * t) ** 2 + (y - 24 + 8 * np.sin(t)) ** 2 < 49) * 255 for t in range(6)]
    return wbtypes.Video(np.repeat(np.array(frames, np.uint8)[:, None], 3, axis=1), fps=6, format="gif")


def cloud() -> Any:
    """A spiral of coloured points, and a box around its top."""
    t = np.linspace(0, 18, 900)
    colour = np.stack([40 + 10 * t, 120 + 0 * t, 230 - 10 * t], axis=1)
    points = np.column_stack([np.cos(t), np.sin(t), t / 9, colour])
    box = upright((0, 0, 1.8), (2.2, 2.2, 0.5))
    return wbtypes.Object3D.from_point_cloud(points, boxes=[box])


def upright(center: tuple[float, ...], size: tuple[float, ...]) -> Any:
    """A box that is not turned."""
    from wbtypes_object3d import box3d

    return box3d(center=center, size=size, orientation=(1, 0, 0, 0), color=(209, 73, 91), label="top")


def network() -> Any:
    """A small network with two ways through it."""
    graph = wbtypes.Graph()
    for at, (name, kind) in enumerate(
        [("in", "Input"), ("conv", "Conv2D"), ("skip", "Identity"), ("add", "Add"), ("out", "Dense")]
    ):
        graph.add_node(id=at, name=name, class_name=kind)
    for start, end in ((0, 1), (0, 2), (1, 3), (2, 3), (3, 4)):
        graph.add_edge(start, end)
    return graph


def trace() -> Any:
    """An agent that asks a model, uses a tool, and asks again."""
    from wbtypes_trace import Span

    root = Span(name="agent", span_kind="AGENT", start_time_ms=0, end_time_ms=1400)
    for name, kind, start, end in (
        ("plan", "LLM", 60, 520),
        ("search", "TOOL", 540, 900),
        ("answer", "LLM", 920, 1380),
    ):
        root.add_child_span(Span(name=name, span_kind=kind, start_time_ms=start, end_time_ms=end))
    return wbtypes.TraceTree(root)


NOTES = {
    "optimizer": {"name": "adam", "lr": [0.001, 0.0001]},
    "best": float("nan"),
    "tags": ["café", "run 7"],
}


def figure() -> Any:
    """Two traces of a training."""
    epochs = list(range(1, 11))
    loss = {"type": "scatter", "name": "loss", "x": epochs, "y": [2 / at + 0.1 for at in epochs]}
    accuracy = {
        "type": "bar",
        "name": "accuracy",
        "x": epochs,
        "y": [1 - 0.8 / at for at in epochs],
        "opacity": 0.5,
    }
    return wbtypes.Plotly({"data": [loss, accuracy], "layout": {"title": {"text": "training"}}})


def plot() -> Any:
    """A Bokeh plot of a damped wave."""
    from bokeh.plotting import figure as new

    made = new(width=700, height=300, title="a damped wave")
    x = np.linspace(0, 12, 200)
    made.line(x, np.exp(-x / 5) * np.cos(3 * x), line_width=2, color=COLOURS[2])
    return wbtypes.Bokeh(made)


PAGE = "<h1>Epoch 3</h1><p>The loss is <b>0.21</b>.</p><table border=1><tr><td>cat<td>97 %<tr><td>dog<td>95 %</table>"


# -- drawings -------------------------------------------------------------------------------------------------


def draw_image(axes: Any) -> None:
    value = stored(image())
    axes.imshow(value.to_numpy())
    tinted(axes, value.masks["truth"].to_numpy(), alpha=0.35)
    framed(axes, value.boxes["pred"], value.width, value.height)
    axes.set_title(value.caption)
    axes.axis("off")


def draw_mask(axes: Any) -> None:
    value = stored(image()).masks["truth"]
    tinted(axes, value.to_numpy(), alpha=1)
    named(axes, value.class_labels)
    axes.axis("off")


def draw_boxes2d(axes: Any) -> None:
    value = stored(image()).boxes["pred"]
    axes.set(xlim=(0, 320), ylim=(180, 0), aspect="equal")
    framed(axes, value, 320, 180)


def tinted(axes: Any, ids: Any, alpha: float) -> None:
    """Each id in its colour; id 0 shows what is below where there is something."""
    rgb = np.array([[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in COLOURS])
    axes.imshow(np.dstack([rgb[ids], np.where(ids + (alpha == 1), 255 * alpha, 0)]).astype(np.uint8))


def framed(axes: Any, value: Any, width: int, height: int) -> None:
    """The boxes with their names and scores."""
    for box, (left, top, right, bottom) in zip(value.box_data, value.to_numpy(width, height), strict=True):
        colour = COLOURS[box["class_id"]]
        axes.add_patch(Rectangle((left, top), right - left, bottom - top, fill=False, edgecolor=colour, lw=2))
        text = f"{value.class_labels[box['class_id']]} {box['scores']['p']}"
        axes.text(left, top - 3, text, color="black", fontsize=8, backgroundcolor=colour)


def named(axes: Any, labels: Any) -> None:
    """A legend of ids and names."""
    patches = [Rectangle((0, 0), 1, 1, color=COLOURS[at]) for at in labels]
    axes.legend(patches, [f"{at}: {name}" for at, name in labels.items()], loc="upper right")


def draw_classes(axes: Any) -> None:
    value = stored(wbtypes.Classes([{"id": at, "name": name} for at, name in LABELS.items()]))
    for row, (at, name) in enumerate(value.labels.items()):
        axes.add_patch(Rectangle((0, -row), 0.8, 0.8, color=COLOURS[at]))
        axes.text(1, 0.25 - row, f"{at}: {name}", fontsize=14)
    axes.set(xlim=(0, 6), ylim=(-2.2, 1), aspect="equal")
    axes.axis("off")


def draw_audio(axes: Any) -> None:
    value = stored(chime())
    samples = value.to_numpy()
    axes.plot(np.arange(len(samples)) / value.sample_rate, samples, lw=0.4, color=COLOURS[3])
    axes.set(title=f"{value.caption}: {value.duration:g} s at {value.sample_rate:,} Hz", xlabel="seconds")


def draw_video(axes: Any) -> None:
    value = stored(ball())
    frames = list(value.frames())
    wall = np.concatenate(
        [np.pad(each, ((0, 0), (2, 2), (2, 2)), constant_values=90) for each in frames], axis=2
    )
    axes.imshow(wall.transpose(1, 2, 0))
    axes.set_title(f"{len(frames)} frames of {value.width} x {value.height}, {value.fps:g} a second")
    axes.axis("off")


def draw_molecule(axes: Any) -> None:
    from rdkit import Chem
    from rdkit.Chem import Draw, rdDepictor

    value = stored(wbtypes.Molecule.from_smiles("CC(=O)Nc1ccc(O)cc1", caption="paracetamol"))
    drawn = Chem.RemoveHs(value.to_rdkit())
    rdDepictor.Compute2DCoords(drawn)
    picture: Any = Draw.MolToImage(drawn, size=(720, 300), wedgeBonds=False)  # type: ignore[no-untyped-call]
    axes.imshow(picture)
    axes.set_title(f"{value.caption}, {value.smiles}")
    axes.axis("off")


def draw_graph(axes: Any) -> None:
    value = stored(network())
    places = {0: (0, 0), 1: (1, 0.5), 2: (1, -0.5), 3: (2, 0), 4: (3, 0)}
    for start, end in value.edges:
        arrow = {"arrowstyle": "-|>", "color": "#555", "shrinkA": 28, "shrinkB": 28}
        axes.annotate("", places[end.id], places[start.id], arrowprops=arrow)
    for node in value.nodes:
        box = {"boxstyle": "round,pad=0.5", "facecolor": COLOURS[1], "edgecolor": "#555"}
        axes.text(*places[node.id], f"{node.name}\n{node.class_name}", ha="center", va="center", bbox=box)
    axes.set(xlim=(-0.5, 3.5), ylim=(-1, 1))
    axes.axis("off")


def draw_trace(axes: Any) -> None:
    value = stored(trace())
    spans = [value.root_span, *value.root_span.child_spans]
    for row, span in enumerate(spans):
        long = span.end_time_ms - span.start_time_ms
        axes.barh(-row, long, left=span.start_time_ms, color=COLOURS[row and 1 + row % 3], height=0.7)
        axes.text(span.start_time_ms + 15, -row, f"{span.name} ({span.span_kind.value})", va="center")
    axes.set(yticks=[], xlabel="milliseconds")


def draw_histogram(axes: Any) -> None:
    value = stored(wbtypes.Histogram(np.random.default_rng(7).normal(size=10_000)))
    counts, edges = value.to_numpy()
    axes.stairs(counts, edges, fill=True, color=COLOURS[3])
    axes.set_title(value.describe())


def draw_metadata(axes: Any) -> None:
    written(axes, json.dumps(stored(wbtypes.JSONMetadata(NOTES)).val, indent=2, ensure_ascii=False))


def draw_file(axes: Any) -> None:
    value = stored(wbtypes.File(io.BytesIO(bytes(range(64, 64 + 96)))))
    data = value.read()
    lines = [f"{at:04x}  {data[at : at + 16].hex(' ')}" for at in range(0, len(data), 16)]
    written(axes, "\n".join([value.describe(), "", *lines]))


def draw_keypoints(axes: Any) -> None:
    from wbtypes_keypoints import Keypoints

    skeleton = [("head", "neck"), ("neck", "hip"), ("hip", "left"), ("hip", "right"), ("neck", "hand")]
    figure = {
        "head": (0, 0),
        "neck": (0, 18),
        "hip": (2, 52),
        "left": (-12, 84),
        "right": (14, 84),
        "hand": (24, 34),
    }
    poses = [{name: (x + left, y + 70) for name, (x, y) in figure.items()} for left in (110, 240)]
    axes.imshow(stored(Keypoints(scene()[0], poses, skeleton)).to_pil())
    axes.axis("off")


def draw_table(axes: Any) -> None:
    pixels = scene()[0]
    rows = [
        ["scene", 0.93, wbtypes.Image(pixels)],
        ["sun", 0.71, wbtypes.Image(pixels[30:95, 10:125])],
        ["nothing", None, None],
    ]
    value = stored(wbtypes.Table(columns=["word", "score", "image"], data=rows))
    for column, name in enumerate(value.columns):
        axes.text(0.05 + 0.33 * column, 0.93, name, weight="bold", fontsize=13)
    for row, cells in enumerate(value.data):
        top = 0.88 - 0.3 * row
        axes.axhline(top, color="#bbb", lw=1)
        for column, cell in enumerate(cells):
            left = 0.05 + 0.33 * column
            if isinstance(cell, wbtypes.Image):
                inset = axes.inset_axes((left, top - 0.28, 0.25, 0.26))
                inset.imshow(cell.to_numpy())
                inset.axis("off")
            else:
                axes.text(left, top - 0.16, str(cell), fontsize=13)
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.axis("off")


def written(axes: Any, text: str) -> None:
    """Lines of text, as a terminal shows them."""
    axes.text(0.02, 0.97, text, family="monospace", va="top", transform=axes.transAxes, fontsize=11)
    axes.axis("off")


def draw_object3d(path: Path) -> None:
    value = stored(cloud())
    points = value.to_numpy()
    made = plt.figure(figsize=SIZE)
    axes = made.add_subplot(projection="3d")
    axes.set_box_aspect(None, zoom=1.3)
    axes.scatter(*points[:, :3].T, c=points[:, 3:] / 255, s=4)
    for box in value.boxes:
        corners = np.array(box["corners"])
        for at, start in enumerate(corners):
            for end in corners[at + 1 :]:
                if np.count_nonzero(np.abs(start - end) > 1e-6) == 1:  # an edge of the box
                    axes.plot(*zip(start, end, strict=True), color=np.array(box["color"]) / 255, lw=1)
    axes.view_init(20, 40)
    save(made, path)


def draw_html(path: Path) -> None:
    screenshot(stored(wbtypes.Html(PAGE)).html, path)


def draw_plotly(path: Path) -> None:
    made = stored(figure()).to_plotly()
    made.update_layout(width=700, height=300, margin={"l": 40, "r": 20, "t": 50, "b": 30})
    screenshot(made.to_html(include_plotlyjs=True), path)


def draw_bokeh(path: Path) -> None:
    from bokeh.embed import file_html
    from bokeh.resources import INLINE

    screenshot(file_html(stored(plot()).to_bokeh(), INLINE, "plot"), path)


def screenshot(page: str, path: Path) -> None:
    """What a browser shows of a page."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "page.html")
        source.write_text(page, encoding="utf-8")
        words = ["--headless", "--no-sandbox", "--hide-scrollbars", "--virtual-time-budget=5000"]
        words += ["--window-size=720,320", f"--screenshot={path}", source.as_uri()]
        subprocess.run(["chromium", *words], check=True, capture_output=True, timeout=60)


def save(made: Any, path: Path) -> None:
    """A small PNG of a figure."""
    from PIL import Image

    buffer = io.BytesIO()
    made.savefig(buffer, dpi=100)
    plt.close(made)
    Image.open(buffer).convert("RGB").quantize(128).save(path, optimize=True)


FLAT: dict[str, Callable[[Any], None]] = {
    name.removeprefix("draw_"): draw
    for name, draw in list(globals().items())
    if name.startswith("draw_") and name not in ("draw_object3d", "draw_html", "draw_plotly", "draw_bokeh")
}
WHOLE: dict[str, Callable[[Path], None]] = {
    "object3d": draw_object3d,
    "html": draw_html,
    "plotly": draw_plotly,
    "bokeh": draw_bokeh,
}


def main(names: list[str]) -> None:
    """Draw the pictures that are named, or all."""
    plt.switch_backend("agg")
    for name in names or sorted([*FLAT, *WHOLE]):
        path = TARGET / f"{name}.png"
        if name in WHOLE:
            WHOLE[name](path)
        else:
            made, axes = plt.subplots(figsize=SIZE, layout="constrained")
            FLAT[name](axes)
            save(made, path)
        print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
