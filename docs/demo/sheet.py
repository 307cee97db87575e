"""The demo's picture: what was decoded, drawn from the decoded values alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as Pictures
from PIL import ImageDraw

COLOURS = np.array([[0, 0, 0], [240, 200, 60], [80, 200, 250]], np.float64)
PAPER, INK, BAR = (250, 250, 248), (40, 40, 40), (90, 130, 200)


def draw_sheet(values: dict[str, Any], target: Path) -> None:
    """Draw the image with its mask and boxes, the batch, and the histogram, side by side."""
    sheet = Pictures.new("RGB", (1080, 260), PAPER)
    pen = ImageDraw.Draw(sheet)
    _picture(sheet, pen, values["image"], (20, 40))
    for index, item in enumerate(values["batch"]):
        left = 370 + index * 110
        sheet.paste(item.to_pil().convert("RGB").resize((100, 100)), (left, 40))
        pen.text((left, 145), str(item.caption), INK)
    _histogram(pen, values["weights"], (720, 40, 1060, 220))
    sheet.save(target)


def _picture(sheet: Any, pen: Any, image: Any, corner: tuple[int, int]) -> None:
    left, top = corner
    pen.text((left, top - 16), f"Image: {image.caption}", INK)
    pixels = np.asarray(image.to_pil(), np.float64)
    mask = image.masks["truth"]
    ids = mask.to_numpy()
    tint = COLOURS[ids]
    mixed = np.where(ids[..., None] > 0, 0.65 * pixels + 0.35 * tint, pixels)
    sheet.paste(Pictures.fromarray(mixed.astype(np.uint8)), corner)
    boxes = image.boxes["pred"]
    for box, place in zip(boxes.box_data, boxes.to_numpy(image.width, image.height), strict=True):
        x0, y0, x1, y1 = np.add(place, (left, top, left, top)).tolist()
        pen.rectangle((x0, y0, x1, y1), outline=(255, 255, 255), width=2)
        pen.text(
            (x0 + 3, y0 - 13), f"{boxes.class_labels[box['class_id']]} {box['scores']['p']}", (255, 255, 255)
        )
    pen.text((left, top + image.height + 6), f"mask labels: {', '.join(mask.class_labels.values())}", INK)


def _histogram(pen: Any, histogram: Any, frame: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = frame
    counts, edges = histogram.to_numpy()
    title = f"Histogram: {counts.sum():,} values, {histogram.nonfinite} not finite"
    pen.text((left, top - 16), title, INK)
    wide = (right - left) / len(counts)
    for index, count in enumerate(counts / counts.max()):
        x = left + index * wide
        pen.rectangle((x, bottom - count * (bottom - top), x + wide - 1, bottom), fill=BAR)
    pen.text((left, bottom + 6), f"{edges[0]:.2f}", INK)
    pen.text((right - 30, bottom + 6), f"{edges[-1]:.2f}", INK)
