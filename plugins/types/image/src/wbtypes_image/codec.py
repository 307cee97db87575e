"""How images travel: one by one in runs and artifacts, and as batches in every layout that clients wrote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, BinaryIO, ClassVar

from wbtypes_core import (
    Batch,
    BatchCodec,
    Code,
    DecodeContext,
    DecodeError,
    Dialect,
    EncodeContext,
    EncodeError,
    Linked,
    MediaCodec,
    MediaFile,
    MediaRef,
    MediaSource,
    Opaque,
    StoredFile,
    WBValue,
)
from wbtypes_core.codec import EXACT, caption_of, exact_of, expect_object, read
from wbtypes_core.errors import warn_once
from wbtypes_core.files import LazyFile, suffix_of
from wbtypes_core.jsonio import JsonObject, kind, same
from wbtypes_core.labels import label_texts

from .values import Image

FOLDER = "media/images"

SHOWN = 108
"""Images of one list that wandb's clients keep and its tools show; also the most that a batch without names can have."""

EXTENSIONS = (
    "png",
    "jpg",
    "jpeg",
    "bmp",
    "gif",
    "webp",
    "tif",
    "tiff",
    "PNG",
    "JPG",
    "JPEG",
    "BMP",
    "GIF",
    "",
)
"""What the files of a batch without names may end in, the likeliest first."""

BESIDE = ("value_range", "dtype", "nonfinite", "grouping", "classes", "box_labels")
"""What wandb's shape of one image loses."""


# -- one image ------------------------------------------------------------------------------------------------


class ImageCodec(MediaCodec[Image]):
    """The `image-file` object: reads the form of runs and that of artifacts, and writes that of runs."""

    tag = "image-file"
    value_type = Image
    folder = FOLDER
    keys = ("format", "width", "height", "grouping", "boxes", "masks", "classes")
    exact_keys = BESIDE
    dialects: ClassVar[Sequence[Dialect]] = (Dialect.RUN,)
    natives = (
        "PIL.Image.Image",
        "matplotlib.figure.Figure",
        "matplotlib.artist.Artist",
        "builtins.module",
    )

    def encode(self, value: Image, ctx: EncodeContext) -> JsonObject:
        """Store the file, and describe it with what belongs to it."""
        ref = _placed(ctx.put(value.file, self.folder))
        body = {**ctx.describe(ref), **_size(value, measure=_is_new(value.file, ref))}
        if value.caption is not None:
            body["caption"] = value.caption
        if value.format is not None:
            body["format"] = value.format
        if value.grouping:
            body["grouping"] = value.grouping
        beside = _beside(value)
        body.update(self.parts(value, ctx, beside))
        if beside:
            body[EXACT] = beside
        return body

    def parts(self, value: Image, ctx: EncodeContext, beside: JsonObject) -> JsonObject:
        """Boxes, masks and classes; what has no place on the wire goes to `beside`."""
        if value.classes is not None:
            beside["classes"] = ctx.encode(value.classes, EXACT, "classes")
        return _encode_sets(value, ctx)

    def build(self, node: JsonObject, file: MediaFile, ctx: DecodeContext) -> Image:
        """The image of a node in either form."""
        exact = exact_of(node)
        boxes = _boxes(read(node, "boxes", dict, default=None), ctx, "boxes")
        return Image.restore(
            file=file,
            caption=caption_of(node),
            format=read(node, "format", str, default=None),
            width=read(node, "width", int, default=None),
            height=read(node, "height", int, default=None),
            boxes=_labelled(boxes, exact) if exact else boxes,
            masks=_masks(read(node, "masks", dict, default=None), ctx, "masks"),
            **_classes(node, exact, ctx),
            **_recorded(exact, grouping=read(node, "grouping", int, default=None)),
        )

    def native(self, value: Image) -> Any:
        """The Pillow image, loaded."""
        return value.to_pil()

    def adopt(self, obj: Any) -> Image | None:
        """The image of a Pillow image, or of the figure that is, or holds, what was plotted; ``pyplot`` is a module."""
        from . import native

        return Image(obj) if native.is_drawn(obj) else None

    def column_type(self, value: Image) -> JsonObject:
        """The type of an image column: the layers of boxes and masks, and the names of their classes."""
        boxes = {name: getattr(item, "labels", {}) for name, item in value.boxes.items()}
        masks = {name: getattr(item, "labels", {}) for name, item in value.masks.items()}
        scores = {
            name
            for item in value.boxes.values()
            for box in getattr(item, "box_data", ())
            if isinstance(box.get("scores"), Mapping)
            for name in box["scores"]
        }
        classes = getattr(value.all_classes(), "labels", {})
        params = {
            "box_layers": _const({name: list(labels) for name, labels in boxes.items()}),
            "box_score_keys": {"wb_type": "const", "params": {"val": sorted(scores), "is_set": True}},
            "mask_layers": _const({name: list(labels) for name, labels in masks.items()}),
            "class_map": _const(label_texts(classes)),
            "box_class_maps": _const({name: label_texts(labels) for name, labels in boxes.items()}),
            "mask_class_maps": _const({name: label_texts(labels) for name, labels in masks.items()}),
        }
        return {"wb_type": self.tag, "params": params}


class ArtifactImageCodec(ImageCodec):
    """The `image-file` object of artifacts: boxes as bare lists, and a link to the classes."""

    dialects = (Dialect.ARTIFACT,)

    def parts(self, value: Image, ctx: EncodeContext, beside: JsonObject) -> JsonObject:
        """Boxes, masks and the classes of them all, which wandb demands where there are boxes or masks."""
        body = _encode_sets(value, ctx)
        classes = value.all_classes()
        if classes is not None:
            body["classes"] = ctx.encode(classes, "classes", expect="classes-file")
        if classes is not value.classes:
            beside["classes"] = None if value.classes is None else ctx.encode(value.classes, EXACT, "classes")
        given = {name: _given_labels(item) for name, item in value.boxes.items()}
        labels = {name: label_texts(each) for name, each in given.items() if each is not None}
        if labels:
            beside["box_labels"] = labels
        return body


def _given_labels(boxes: WBValue) -> Any:
    """The labels of a box set where it was given any; those of one that is not understood are carried along."""
    return getattr(boxes, "class_labels", boxes.extra.get("class_labels"))


def _const(value: Any) -> JsonObject:
    return {"wb_type": "const", "params": {"val": value, "is_set": False}}


def _is_new(file: MediaFile, ref: MediaRef) -> bool:
    """Whether the file was written just now, and so can be read."""
    return not isinstance(file, StoredFile) or file.ref is not ref


def _size(value: Image, *, measure: bool) -> JsonObject:
    """Width and height as they are known; the header is asked where the file is at hand anyway."""
    if measure and (value._width is None or value._height is None):
        try:
            return {"width": value.width, "height": value.height}
        except DecodeError:  # a file that is no picture is kept all the same
            return {}
    known = {"width": value._width, "height": value._height}
    return {name: size for name, size in known.items() if size is not None}


def _beside(value: Image) -> JsonObject:
    """What is known of the values that were stored, and the grouping that wandb drops."""
    beside: JsonObject = {}
    if value.value_range is not None:
        beside["value_range"] = list(value.value_range)
    if value.dtype is not None:
        beside["dtype"] = value.dtype
    if value.nonfinite:
        beside["nonfinite"] = value.nonfinite
    if value.grouping == 0:
        beside["grouping"] = 0
    return beside


def _recorded(exact: JsonObject, *, grouping: int | None) -> dict[str, Any]:
    """The fields that `_beside` wrote."""
    if not exact:
        return {"grouping": grouping}
    try:
        pair = read(exact, "value_range", list, default=None)
        if pair is not None and not (len(pair) == 2 and all(map(_is_number, pair)) and pair[0] <= pair[1]):
            raise DecodeError("is no pair of ascending numbers", path=("value_range",))
        return {
            "value_range": None if pair is None else (pair[0], pair[1]),
            "dtype": read(exact, "dtype", str, default=None),
            "nonfinite": read(exact, "nonfinite", int, default=0),
            "grouping": read(exact, "grouping", int, default=None) if grouping is None else grouping,
        }
    except DecodeError as error:
        raise error.under(EXACT) from None


def _is_number(item: object) -> bool:
    return type(item) in (int, float) and abs(item) < float("inf")  # type: ignore[arg-type]


# -- boxes, masks, classes ------------------------------------------------------------------------------------


def _encode_sets(value: Image, ctx: EncodeContext) -> JsonObject:
    body: JsonObject = {}
    if value.boxes:
        body["boxes"] = _encode_set(value.boxes, ctx, "boxes")
    if value.masks:
        body["masks"] = _encode_set(value.masks, ctx, "masks")
    return body


def _encode_set(sets: Mapping[str, WBValue], ctx: EncodeContext, *at: str | int) -> JsonObject:
    return {name: ctx.named(name).encode(item, *at, name) for name, item in sets.items()}


def _boxes(sets: JsonObject | None, ctx: DecodeContext, *at: str | int) -> dict[str, WBValue]:
    """Box sets in either form: a link, or a bare list."""
    return {
        name: ctx.named(name).decode(
            item, *at, name, expect="bounding-boxes" if type(item) is list else "boxes2D"
        )
        for name, item in (sets or {}).items()
    }


def _masks(sets: JsonObject | None, ctx: DecodeContext, *at: str | int) -> dict[str, WBValue]:
    return {
        name: ctx.named(name).decode(item, *at, name, expect="mask") for name, item in (sets or {}).items()
    }


def _labelled(boxes: dict[str, Any], exact: JsonObject) -> dict[str, Any]:
    """Box sets of an artifact with the labels that their bare lists have no room for."""
    labels = read(exact, "box_labels", dict, default={})
    for name, given in labels.items():
        if not isinstance(given, dict) or not all(isinstance(each, str) for each in given.values()):
            raise DecodeError("are no names by id", reason=Code.WRONG_TYPE, path=(EXACT, "box_labels", name))
        if name in boxes:
            boxes[name] = _with_labels(boxes[name], given)
    return boxes


def _with_labels(boxes: Any, given: JsonObject) -> Any:
    if isinstance(boxes, Opaque | Linked):
        return boxes.replace(extra={"class_labels": given})  # carried for whoever understands the boxes
    return boxes.with_labels(given)


def _classes(node: JsonObject, exact: JsonObject, ctx: DecodeContext) -> dict[str, WBValue | None]:
    """The classes that the image was given: those on the wire, unless others are beside it."""
    found = _class_set(node.get("classes"), ctx, "classes")
    if "classes" not in exact:
        return {"classes": found}
    return {"classes": _class_set(exact["classes"], ctx, EXACT, "classes"), "all_classes": found}


def _class_set(node: Any, ctx: DecodeContext, *at: str) -> WBValue | None:
    """Classes in either form: a link, or inline."""
    if node is None:
        return None
    linked = isinstance(node, dict) and "_type" not in node
    classes: WBValue = ctx.decode(node, *at, expect="classes-file" if linked else "classes")
    return classes


# -- files that old batches do not name -----------------------------------------------------------------------

INDEXED, SHEET = "indexed", "sheet"
"""The ``form`` of the two layouts that do not name their files."""

Place = tuple[str, str, int | None, int | None]
"""Where such a layout looks for an image: its form, the key and step it was logged under, the image's index."""

_NAMELESS = (
    "the file of this image is named by the key and step of its batch, and the step is not known here; "
    "decode the whole history row, which has it"
)


class UnnamedFile(StoredFile):
    """A file that the wire does not name, but whose client named it by a rule: the first of some paths that is there.

    Attributes:
        place: what the rule is about.
        paths: where the file may be, the likeliest first; none when the rule needs a step that is not known.
    """

    def __init__(self, place: Place, endings: Iterable[str], ctx: DecodeContext) -> None:
        self.place = place
        _, key, step, index = place
        stem = f"{FOLDER}/{key}_{step}" if index is None else f"{FOLDER}/{key}_{step}_{index}"
        paths = [f"{stem}.{ending}" if ending else stem for ending in endings]
        self.paths = () if step is None else tuple(paths)
        self._settled = False
        likeliest = MediaRef(self.paths[0] if self.paths else None)
        super().__init__(ctx.source, likeliest, limits=ctx.limits, fallback=ctx.registry.open)

    @property
    def ref(self) -> MediaRef:
        """Where the file is; its likeliest path while it is nowhere."""
        if not self._settled:
            stream = self._settle()
            if stream is not None:
                stream.close()
        return self._ref

    @ref.setter
    def ref(self, ref: MediaRef) -> None:
        self._ref = ref

    def _settle(self) -> BinaryIO | None:
        """A stream over the first path that opens, which is the file's from then on."""
        for path in self.paths if self.source is not None else ():
            try:
                stream = self.source.open(MediaRef(path))  # type: ignore[union-attr]
            except DecodeError:
                continue
            self._ref, self._settled = MediaRef(path), True
            return stream
        return None

    def open(self) -> BinaryIO:
        """Open the first of the paths that is there.

        Raises:
            DecodeError: ``missing-file``, or ``unreachable`` where the step is not known.
        """
        if not self.paths:
            raise DecodeError(_NAMELESS, reason=Code.UNREACHABLE)
        stream = None if self._settled else self._settle()
        return super().open() if stream is None else stream

    def __repr__(self) -> str:  # the usual one would look for the file
        return f"UnnamedFile({self._ref.path!r})"


class TileFile(LazyFile):
    """One tile of a sheet, cut out as a PNG when it is asked for.

    Attributes:
        sheet: the file that has all tiles side by side.
        place: what the sheet's rule is about.
        size: width and height of a tile in pixels.
    """

    __slots__ = ("place", "sheet", "tile")

    def __init__(self, sheet: UnnamedFile, place: Place, tile: tuple[int, int]) -> None:
        super().__init__(self._cut, ".png")
        self.sheet = sheet
        self.place = place
        self.tile = tile

    @property
    def source(self) -> MediaSource | None:
        """Where the sheet is read from."""
        return self.sheet.source

    def _cut(self) -> bytes:
        from . import native

        (width, height), index = self.tile, self.place[3] or 0
        return native.cut(self.sheet, (index * width, 0, (index + 1) * width, height))

    def _identity(self) -> object:
        try:
            return self.sha256
        except DecodeError:  # out of reach: equal only to the same place
            return self.place, self.tile

    def __str__(self) -> str:
        return f"tile {self.place[3]} of {self.sheet}"

    def __reduce__(self) -> tuple[Any, ...]:
        return TileFile, (self.sheet, self.place, self.tile)


# -- batches --------------------------------------------------------------------------------------------------


class ImageBatchCodec(BatchCodec):
    """The `images/separated` object: a list of images, each in a file of its own.

    The files are named in ``filenames`` since client 0.12.11, and before that by key, step and index; both are read.
    wandb's clients keep 108 images of a list. Here all are written, and a `ValueWarning` says once that its tools
    show the first 108. What this shape loses of each image goes under ``_wbtypes``.
    """

    tag = "images/separated"
    item_type = Image
    keys: ClassVar[tuple[str, ...]] = (
        "width",
        "height",
        "format",
        "count",
        "filenames",
        "captions",
        "all_boxes",
        "all_masks",
    )
    exact_keys = ("images",)

    def encode(self, value: Batch, ctx: EncodeContext) -> JsonObject:
        """Store each file, and list what belongs to the images; an old layout stays itself in its own store."""
        images = [_image(item, index) for index, item in enumerate(value)]
        if len(images) > SHOWN:
            warn_once(LONG)
        layout: Mapping[str, Any] = value.layout
        stays = _stays(images, layout, ctx)
        if stays:
            refs = [MediaRef(None)] * len(images)
            body = _unnamed(images, layout["form"])
        else:
            _prepare(images)
            refs = [_put(image, ctx, index) for index, image in enumerate(images)]
            body = {**_summary(images, refs), "filenames": [ref.path or ref.artifact_path for ref in refs]}
        body.update(_layers(images, ctx))
        if stays or "form" not in layout:
            body.update(layout.get("kept", {}))
        if ctx.exact:
            lost = [_lost(images, index, refs[index], body, ctx) for index in range(len(images))]
            if any(lost):
                body[EXACT] = {"images": lost}
        return body

    def decode(self, node: Any, ctx: DecodeContext) -> Batch:
        """The images of a batch; no file is opened."""
        node = expect_object(node)
        names = read(node, "filenames", list, default=None)
        if names is None:
            return self._indexed(node, ctx)
        files = [
            _file(*each, ctx)
            for each in zip(names, _lost_of(node, len(names)), range(len(names)), strict=True)
        ]
        return self._batch(node, files, [file.suffix.rpartition(".")[2] for file in files], ctx)

    def _indexed(self, node: JsonObject, ctx: DecodeContext) -> Batch:
        """The layout until client 0.12.10, whose files are ``<key>_<step>_<index>.<extension>``."""
        endings = tuple(dict.fromkeys((read(node, "format", str, default="png"), *EXTENSIONS)))
        files = [
            UnnamedFile((INDEXED, ctx.key, ctx.step, index), endings, ctx) for index in range(_count(node))
        ]
        return self._batch(node, files, [None] * len(files), ctx, form=INDEXED)

    def _batch(
        self,
        node: JsonObject,
        files: Sequence[MediaFile],
        formats: Sequence[str | None],
        ctx: DecodeContext,
        form: str | None = None,
    ) -> Batch:
        """The batch of these files, with what the node says of each."""
        lost = _lost_of(node, len(files))
        captions, boxes, masks = (_parallel(node, key, len(files)) for key in ("captions", *LAYERS))
        first = {
            "format": read(node, "format", str, default=None),
            "width": read(node, "width", int, default=None),
            "height": read(node, "height", int, default=None),
        }
        images = [
            Image.restore(
                file=file,
                caption=_caption(captions, lost, index),
                boxes=_boxes(_layer(boxes, "all_boxes", index), ctx, "all_boxes", index),
                masks=_masks(_layer(masks, "all_masks", index), ctx, "all_masks", index),
                **(first if index == 0 else _other(first, formats[index], lost[index], index)),
                **_found(lost[index], ctx, index),
            )
            for index, file in enumerate(files)
        ]
        written = _summary(images) if form is None else _unnamed(images, form)
        written |= {key: each for key, each in zip(LAYERS, (boxes, masks), strict=True) if any(each)}
        return self._remembering(node, images, written, ctx, form)

    def _remembering(
        self, node: JsonObject, images: list[Image], written: JsonObject, ctx: DecodeContext, form: str | None
    ) -> Batch:
        """The batch, with its old layout, and with what the node has beside what would be written for it."""
        layout: JsonObject = {} if form is None else {"form": form, "key": ctx.key, "step": ctx.step}
        known = {key: node[key] for key in self.keys if key != "filenames" and node.get(key) is not None}
        kept = {key: item for key, item in known.items() if not (key in written and same(item, written[key]))}
        if kept:
            layout["kept"] = kept
        return Batch(images, tag=self.tag, layout=layout)


class ImageSheetCodec(ImageBatchCodec):
    """The `images` object of clients before 0.10: one picture that has the images side by side, all of one size.

    It is read, and stays itself in its own store; elsewhere its images are written as `images/separated`.
    """

    tag = "images"
    keys = ("width", "height", "format", "count", "captions", "grouping")

    def writes(self, batch: Batch, ctx: EncodeContext) -> bool:
        """Whether every tile is still where the sheet has it, in the store that is written to."""
        return _stays([_image(item, index) for index, item in enumerate(batch)], batch.layout, ctx)

    def decode(self, node: Any, ctx: DecodeContext) -> Batch:
        """The tiles of ``<key>_<step>.<extension>``, which are cut out when they are asked for."""
        node = expect_object(node)
        width, height = read(node, "width", int), read(node, "height", int)
        if width < 1 or height < 1:
            raise DecodeError(f"says that its images have {width} x {height} pixels")
        endings = dict.fromkeys((read(node, "format", str, default="jpg"), "jpg", "png"))
        sheet = UnnamedFile((SHEET, ctx.key, ctx.step, None), endings, ctx)
        count, grouping = _count(node), read(node, "grouping", int, default=None)
        captions, lost = _parallel(node, "captions", count), _lost_of(node, count)
        images = [
            Image.restore(
                file=TileFile(sheet, (SHEET, ctx.key, ctx.step, index), (width, height)),
                caption=_caption(captions, lost, index),
                format="png",
                width=width,
                height=height,
                **_found({"grouping": grouping, **lost[index]}, ctx, index),
            )
            for index in range(count)
        ]
        return self._remembering(node, images, _unnamed(images, SHEET), ctx, SHEET)


# -- what a batch says of its images --------------------------------------------------------------------------

LAYERS = ("all_boxes", "all_masks")

_LOST = frozenset((*BESIDE, "sha256", "size", "artifact_path", "caption", "width", "height", "format"))
"""What `_lost` says; other keys are a newer version's, and stay beside their image."""

LONG = f"a list of images is longer than {SHOWN}; all are kept, but wandb's tools show the first {SHOWN}"


def _image(item: object, index: int) -> Image:
    if isinstance(item, Image):
        return item
    raise EncodeError(
        f"is {type(item).__name__}, which a list of images cannot hold; log it under a key of its own",
        path=(index,),
    )


def _prepare(images: Sequence[Image]) -> None:
    """Encode what is not encoded yet, all of it before the first file is written."""
    for image in images:
        with suppress(Exception):  # which is told, with its place, when the file is stored
            image.file.prepare()


def _put(image: Image, ctx: EncodeContext, index: int) -> MediaRef:
    try:
        return _placed(ctx.put(image.file, FOLDER))
    except EncodeError as error:
        raise error.under(index) from error.__cause__


def _placed(ref: MediaRef) -> MediaRef:
    """A place that the wire can name.

    Raises:
        EncodeError: that of an unnamed file whose step is not known.
    """
    if ref.path is None and ref.artifact_path is None:
        raise EncodeError(_NAMELESS)
    return ref


def _stays(images: Sequence[Image], layout: Mapping[str, Any], ctx: EncodeContext) -> bool:
    """Whether every image is where an old layout looks for it, in the store that is written to.

    A caller who does not say the step (it is 0 then) writes the row back that was read.
    """
    if "form" not in layout or ctx.key != layout["key"]:
        return False
    form, key, step = layout["form"], layout["key"], layout["step"]
    if step is not None and ctx.step not in (step, 0):
        return False
    if form == SHEET and any(image.boxes or image.masks for image in images):
        return False  # sheets have no place for them
    return all(
        isinstance(image.file, UnnamedFile | TileFile)
        and image.file.place == (form, key, step, index)
        and ctx.kept(StoredFile(image.file.source, MediaRef(None))) is not None
        for index, image in enumerate(images)
    )


def _summary(images: Sequence[Image], refs: Sequence[MediaRef] = ()) -> JsonObject:
    """What a batch says of its first image, the count, and the captions if that one has one."""
    body: JsonObject = {"count": len(images)}
    if not images:
        return body
    first = images[0]
    body.update(_size(first, measure=bool(refs) and _is_new(first.file, refs[0])))
    if first.format is not None:
        body["format"] = first.format
    if first.caption is not None:
        body["captions"] = [image.caption for image in images]
    return body


def _unnamed(images: Sequence[Image], form: str) -> JsonObject:
    """The body of a layout that does not name its files."""
    body = _summary(images)
    if form == SHEET:
        body.pop("format", None)  # the sheet's own, not that of its tiles
        if images and images[0].grouping is not None:
            body["grouping"] = images[0].grouping
    return body


def _layers(images: Sequence[Image], ctx: EncodeContext) -> JsonObject:
    """Boxes and masks of all images, in parallel; neither when no image has any."""
    body: JsonObject = {}
    if any(image.boxes for image in images):
        body["all_boxes"] = [
            _encode_set(image.boxes, ctx, "all_boxes", index) or None for index, image in enumerate(images)
        ]
    if any(image.masks for image in images):
        body["all_masks"] = [
            _encode_set(image.masks, ctx, "all_masks", index) or None for index, image in enumerate(images)
        ]
    return body


def _lost(
    images: Sequence[Image], index: int, ref: MediaRef, body: JsonObject, ctx: EncodeContext
) -> JsonObject:
    """What a batch does not say of one image."""
    image, first = images[index], images[0]
    lost: JsonObject = {"sha256": ref.sha256, "size": ref.size}
    if ref.path is not None:
        lost["artifact_path"] = ref.artifact_path
    if body.get("captions") is None:
        lost["caption"] = image.caption
    if index:
        if (image._width, image._height) != (first._width, first._height):
            lost["width"], lost["height"] = image._width, image._height
        if ref.path is not None and image.format != suffix_of(ref.path).rpartition(".")[2]:
            lost["format"] = image.format
    if image.grouping != body.get("grouping"):
        lost["grouping"] = image.grouping
    if image.classes is not None:
        lost["classes"] = ctx.encode(image.classes, index, "classes")
    lost = {key: item for key, item in lost.items() if item is not None}
    unknown = image.extra.get(EXACT)
    return {**(unknown if isinstance(unknown, dict) else {}), **_beside(image), **lost}


def _lost_of(node: JsonObject, count: int) -> list[JsonObject]:
    """What `_lost` wrote; of another number of images it is stale, and says nothing."""
    lost = exact_of(node).get("images")
    if isinstance(lost, list) and len(lost) == count and all(isinstance(each, dict) for each in lost):
        return lost
    return [{}] * count


def _found(lost: JsonObject, ctx: DecodeContext, index: int) -> dict[str, Any]:
    """The fields of one image that `_lost` wrote."""
    if not lost:
        return {}
    try:
        found = {**_recorded(lost, grouping=None), **_classes({}, lost, ctx)}
    except DecodeError as error:
        raise error.under(EXACT, "images", index) from error.__cause__
    unknown = {key: item for key, item in lost.items() if key not in _LOST}
    return {**found, "extra": {EXACT: unknown}} if unknown else found


def _other(first: JsonObject, said: str | None, lost: JsonObject, index: int) -> JsonObject:
    """Format and size of an image that is not the first; the sizes that are not said are the first's, once any is."""
    try:
        return {
            "format": read(lost, "format", str, default=said),
            "width": read(lost, "width", int, default=first["width"] if lost else None),
            "height": read(lost, "height", int, default=first["height"] if lost else None),
        }
    except DecodeError as error:
        raise error.under(EXACT, "images", index) from None


def _file(name: object, lost: JsonObject, index: int, ctx: DecodeContext) -> MediaFile:
    if not isinstance(name, str):
        raise DecodeError(f"is {kind(name)}, not a path", reason=Code.WRONG_TYPE, path=("filenames", index))
    try:
        return ctx.file({**{key: lost.get(key) for key in ("sha256", "size", "artifact_path")}, "path": name})
    except DecodeError as error:
        raise error.under(EXACT, "images", index) from None


def _count(node: JsonObject) -> int:
    """How many images a batch has that does not name them."""
    count: int = read(node, "count", int)
    if not 0 <= count <= SHOWN:
        raise DecodeError(
            f"is {count:,}, but clients kept up to {SHOWN} images of a list when they did not name them",
            path=("count",),
        )
    return count


def _parallel(node: JsonObject, key: str, count: int) -> list[Any]:
    """A list that has one entry per image; of another length it is stale, and says nothing of them."""
    found = node.get(key)
    return found if isinstance(found, list) and len(found) == count else [None] * count


def _caption(captions: Sequence[Any], lost: Sequence[JsonObject], index: int) -> Any:
    if captions[index] is None:
        return caption_of(lost[index])
    try:
        return caption_of({"caption": captions[index]})
    except DecodeError as error:
        raise DecodeError(error.message, reason=error.reason, path=("captions", index)) from None


def _layer(layer: Sequence[Any], key: str, index: int) -> JsonObject | None:
    found = layer[index]
    if found is None or isinstance(found, dict):
        return found
    raise DecodeError(f"is {kind(found)}, not an object", reason=Code.WRONG_TYPE, path=(key, index))
