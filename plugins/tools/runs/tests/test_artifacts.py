"""Artifacts of runs: references resolve to files that are told by their bytes, wherever the caller's folders have them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import pickle
import threading
import zlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import hypothesis.strategies as st
import pytest
from by_hand import ARTIFACT, Recording, num, part
from hypothesis import given

from wbtypes_core import Code, DecodeError, LimitError, Limits, MediaRef, Registry, decode, encode
from wbtypes_runs import Run, manifests, open_artifact, open_run, shelves

CLIENT, SEQUENCE = "c" * 128, "s" * 128
USE = 25
TABLE = b'{"_type": "tally", "count": 3}'
FILES = {"t.tally.json": TABLE, "media/images/ab.png": b"picture", "deep/er/x.txt": b"x"}


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which no client ever ran."""
    monkeypatch.setenv("WANDB_DATA_DIR", str(tmp_path / "nobody" / "data"))
    monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path / "nobody" / "cache"))
    monkeypatch.delenv("WANDB_ARTIFACT_DIR", raising=False)


def b64(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


def entry(
    path: str, data: bytes = b"", *, local: str = "", ref: str = "", digest: str = "", size: int | None = None
) -> bytes:
    fields = part(1, path) + part(2, digest or b64(data)) + num(4, len(data) if size is None else size)
    fields += part(6, local) if local else b""
    return part(4, fields + (part(3, ref) if ref else b""))


def artifact(
    entries: bytes, name: str = "cats", client: str = CLIENT, sequence: str = SEQUENCE, **more: str
) -> bytes:
    kind = more.get("type", "dataset")
    return (
        part(4, kind)
        + part(5, name)
        + part(6, more.get("digest", ""))
        + part(11, "latest")
        + part(12, num(1, 1) + entries)
        + (part(15, client) + part(16, sequence) if client else b"")
    )


def entries_of(files: Mapping[str, bytes]) -> bytes:
    return b"".join(entry(path, data) for path, data in files.items())


def put(folder: Path, files: Mapping[str, bytes]) -> Path:
    for path, data in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return folder


def url(path: str, client: str = CLIENT) -> str:
    return f"wandb-client-artifact://{client}/{path}"


def read(run: Run, reference: str) -> bytes:
    source, path = run.files.artifact(reference)
    with source.open(MediaRef(path)) as stream:
        return bytes(stream.read())


def logged(recording: Recording, files: Mapping[str, bytes] = FILES) -> Path:
    recording.add(ARTIFACT, artifact(entries_of(files)))
    return recording.save()


def as_is(top: Path) -> Path:
    return put(top, FILES)


def among_others(top: Path) -> Path:
    put(top / "cats:v0", {path: data + b"!" for path, data in FILES.items()})
    put(top / "dogs__v1" / "files", {"t.tally.json": b"other"})
    put(top / "cats:v1", FILES)
    return top


def in_a_cache(top: Path) -> Path:
    digests = {hashlib.md5(data).hexdigest(): data for data in FILES.values()}
    return put(top, {f"obj/md5/{digest[:2]}/{digest[2:]}": data for digest, data in digests.items()})


def staged(top: Path) -> Path:
    return put(top, {f"tmp{number}": data for number, data in enumerate(FILES.values())})


@pytest.mark.parametrize("layout", [as_is, among_others, in_a_cache, staged])
def test_references_are_found_in_any_layout(layout: Any, recording: Recording, tmp_path: Path) -> None:
    run = open_run(logged(recording), artifacts=[layout(tmp_path / "given")])
    for path, data in FILES.items():
        assert read(run, url(path)) == data
        assert read(run, f"wandb-client-artifact://{SEQUENCE}:latest/{path}") == data
    (found,) = run.artifacts
    assert found.missing == () and found.check() == [] and run.check() == []
    named = {as_is: tmp_path / "given", among_others: tmp_path / "given" / "cats:v1"}
    assert found.folder == named.get(layout)


@pytest.mark.parametrize("place", ["artifacts/cats__v0/files", "files/artifacts/cats/v0"])
def test_artifacts_in_the_run_folder_need_no_mention(place: str, recording: Recording) -> None:
    folder = logged(recording)
    put(folder / place, FILES)
    assert read(open_run(folder), url("t.tally.json")) == TABLE


def test_what_a_store_bundled_is_found_without_a_record(recording: Recording) -> None:
    run = open_run(recording.save())
    bundle = run.files.bundle("run-1-t", "run_table")
    assert bundle.address is not None
    put(bundle.root, {"t.table.json": b"{}"})
    assert read(run, bundle.address.url("t.table.json")) == b"{}"


def test_the_last_version_is_the_latest(recording: Recording, tmp_path: Path) -> None:
    for version in range(3):
        data = b"version %d" % version
        recording.add(ARTIFACT, artifact(entry("a.txt", data), client=f"{version}" * 128))
        put(tmp_path / f"cats:v{version}", {"a.txt": data})
    run = open_run(recording.save(), artifacts=[tmp_path])
    assert read(run, f"wandb-client-artifact://{SEQUENCE}:latest/a.txt") == b"version 2"
    assert read(run, url("a.txt", "0" * 128)) == b"version 0"


def test_what_is_not_here_is_told_with_what_would_help(recording: Recording, tmp_path: Path) -> None:
    recording.add(USE, part(1, base64.b64encode(b"Artifact:7")) + part(3, "team/p/cats:v3"))
    run = open_run(logged(recording))
    used = b"Artifact:7".hex()
    for reference, message in {
        url(
            "t.tally.json"
        ): r"t\.tally\.json is in artifact 'cats', and none of its files are here; pass the folder .*artifacts=",
        url("nothing.txt"): r"nothing\.txt is no entry of artifact 'cats'; it has ",
        url(
            "a", "d" * 128
        ): r"wandb-client-artifact://dddddddddddd\.\.\./a is in an artifact out of reach: no artifact of this log",
        f"wandb-artifact://{used}/a": r"it is 'team/p/cats:v3', which was not found; download the artifact and pass",
        "wandb-artifact://abc/a": r"is a server's id, which the log does not name; download",
        "s3://bucket/a": r"no reference to an artifact",
    }.items():
        with pytest.raises(DecodeError, match=message) as told:
            read(run, reference)
        assert told.value.reason in (Code.UNREACHABLE, Code.MISSING_FILE)
    assert run.artifacts[0].missing == tuple(sorted(FILES))
    assert run.check() == []


def test_a_used_artifact_is_known_by_the_name_of_its_download(recording: Recording, tmp_path: Path) -> None:
    recording.add(
        USE, part(1, base64.b64encode(b"Artifact:7")) + part(2, "dataset") + part(3, "team/p/cats:v3")
    )
    put(tmp_path / "root" / "cats:v3", FILES)
    put(tmp_path / "root" / "cats:v4", {"t.tally.json": b"newer"})
    run = open_run(recording.save(), artifacts=tmp_path / "root")
    assert read(run, f"wandb-artifact://{b'Artifact:7'.hex()}/t.tally.json") == TABLE
    assert [use.name for use in run.used] == ["team/p/cats:v3"]


def test_the_caller_names_the_folder_of_an_id(recording: Recording, tmp_path: Path) -> None:
    run = open_run(recording.save(), artifacts={"ab12": put(tmp_path / "x", FILES)})
    assert read(run, "wandb-artifact://ab12/t.tally.json") == TABLE


def test_partial_artifacts_serve_what_they_have(recording: Recording, tmp_path: Path) -> None:
    given = put(tmp_path / "given", {"t.tally.json": TABLE})
    run = open_run(logged(recording), artifacts=[given])
    assert read(run, url("t.tally.json")) == TABLE
    with pytest.raises(
        DecodeError, match=r"deep/er/x\.txt of artifact 'cats' is missing, though others"
    ) as told:
        read(run, url("deep/er/x.txt"))
    assert told.value.reason is Code.MISSING_FILE
    assert run.artifacts[0].missing == ("deep/er/x.txt", "media/images/ab.png")
    assert [problem.code for problem in run.check()] == [Code.MISSING_FILE] * 2


def test_altered_files_are_refused_and_told(recording: Recording, tmp_path: Path) -> None:
    given = put(tmp_path / "given", {**FILES, "deep/er/x.txt": b"y"})
    run = open_run(logged(recording), artifacts=[given])
    with pytest.raises(DecodeError, match=r"has other bytes, it is altered, or of another version") as told:
        read(run, url("deep/er/x.txt"))
    assert told.value.reason is Code.ALTERED_FILE
    (problem,) = run.check()
    assert problem.code == Code.ALTERED_FILE and "deep/er/x.txt" in problem.where


def test_one_altered_file_alone_is_told_unless_it_is_another_artifacts(
    recording: Recording, tmp_path: Path
) -> None:
    recording.add(ARTIFACT, artifact(entry("a.txt", b"one"), "first", "1" * 128))
    recording.add(ARTIFACT, artifact(entry("a.txt", b"two"), "second", "2" * 128))
    put(tmp_path / "given" / "first", {"a.txt": b"one"})
    run = open_run(recording.save(), artifacts=[tmp_path / "given"])
    assert run.check() == []
    put(tmp_path / "given" / "second", {"a.txt": b"tow"})
    (problem,) = open_run(recording.folder, artifacts=[tmp_path / "given"]).check()
    assert (problem.code, problem.where) == (Code.ALTERED_FILE, "artifact 'second', a.txt")


def test_large_files_in_their_place_are_hashed_by_check_alone(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "VERIFIED_AT_ONCE", 6)
    given = put(tmp_path / "given", {**FILES, "media/images/ab.png": b"PICTURE"})
    run = open_run(logged(recording), artifacts=[given])
    assert read(run, url("media/images/ab.png")) == b"PICTURE"
    assert [problem.code for problem in run.check()] == [Code.ALTERED_FILE]


# -- what a log may not lead to -------------------------------------------------------------------------------------


def test_local_paths_are_followed_under_the_own_folders_of_the_client_alone(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, elsewhere = tmp_path / "data", tmp_path / "elsewhere"
    put(data / "artifacts" / "staging", {"tmpx": b"staged", "inner/tmpz": b"deeper"})
    put(elsewhere, {"tmpy": b"secret"})
    places = {
        "x": (data / "artifacts" / "staging" / "tmpx", b"staged"),
        "y": (elsewhere / "tmpy", b"secret"),
        "z": (data / "artifacts" / "staging" / "inner" / "tmpz", b"deeper"),
        "up": (data / "artifacts" / "staging" / ".." / ".." / ".." / "elsewhere" / "tmpy", b"secret"),
    }
    entries = b"".join(entry(name, data, local=str(path)) for name, (path, data) in places.items())
    recording.add(ARTIFACT, artifact(entries))
    folder = recording.save()
    assert open_run(folder).artifacts[0].missing == ("up", "x", "y", "z")
    monkeypatch.setenv("WANDB_DATA_DIR", str(data))
    run = open_run(folder)
    assert (read(run, url("x")), read(run, url("z"))) == (b"staged", b"deeper")
    assert run.artifacts[0].missing == ("up", "y")
    assert read(open_run(folder, artifacts=[elsewhere]), url("y")) == b"secret"


def test_the_own_cache_is_looked_into_by_digest(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_CACHE_DIR", str(tmp_path / "cache"))
    folder = logged(recording)
    in_a_cache(tmp_path / "cache" / "artifacts")
    assert read(open_run(folder), url("t.tally.json")) == TABLE
    altered = hashlib.md5(TABLE).hexdigest()
    put(tmp_path / "cache" / "artifacts" / "obj" / "md5", {f"{altered[:2]}/{altered[2:]}": TABLE[::-1]})
    with pytest.raises(DecodeError):
        read(open_run(folder), url("t.tally.json"))


def test_links_are_never_followed(recording: Recording, tmp_path: Path) -> None:
    put(tmp_path / "outside", FILES)
    given = tmp_path / "given"
    given.mkdir()
    (given / "deep").symlink_to(tmp_path / "outside" / "deep")
    (given / "t.tally.json").symlink_to(tmp_path / "outside" / "t.tally.json")
    run = open_run(logged(recording), artifacts=[given])
    assert run.artifacts[0].missing == tuple(sorted(FILES))


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "a/../../secret", "", "\0", "a\0b"])
def test_entries_that_lead_out_are_not_found(path: str, recording: Recording, tmp_path: Path) -> None:
    given = put(tmp_path / "given" / "inner", FILES).parent
    put(tmp_path, {"secret": b"secret"})
    recording.add(ARTIFACT, artifact(entry(path, b"secret") + entry("t.tally.json", TABLE)))
    run = open_run(recording.save(), artifacts=[given / "inner"])
    with pytest.raises(DecodeError):
        read(run, url(path))
    assert read(run, url("t.tally.json")) == TABLE


# -- references from artifact to artifact ----------------------------------------------------------------------------


def test_references_between_artifacts_are_followed(recording: Recording, tmp_path: Path) -> None:
    recording.add(ARTIFACT, artifact(entries_of(FILES)))
    again = entry("u.tally.json", TABLE, ref=url("t.tally.json"), size=0)
    recording.add(ARTIFACT, artifact(again, "again", "a" * 128))
    run = open_run(recording.save(), artifacts=[put(tmp_path / "given", FILES)])
    source, path = run.files.artifact(url("u.tally.json", "a" * 128))
    assert (path, source.label) == ("t.tally.json", "artifact 'cats'")
    assert source.entries("media") == ["media/images/ab.png"]
    assert run.artifacts[1].missing == () and run.check() == []


def test_the_bytes_of_a_reference_do_where_its_artifact_is_unknown(
    recording: Recording, tmp_path: Path
) -> None:
    recording.add(ARTIFACT, artifact(entry("u.tally.json", TABLE, ref=url("t.tally.json", "9" * 128))))
    folder = recording.save()
    with pytest.raises(DecodeError, match="out of reach"):
        read(open_run(folder), url("u.tally.json"))
    given = put(tmp_path / "given", {"u.tally.json": TABLE})
    assert read(open_run(folder, artifacts=[given]), url("u.tally.json")) == TABLE


def test_references_in_circles_are_refused(recording: Recording) -> None:
    for one, other in ("ab", "ba"):
        recording.add(ARTIFACT, artifact(entry("x", ref=url("x", other * 128)), one, one * 128))
    run = open_run(recording.save())
    with pytest.raises(LimitError, match="references"):
        run.files.artifact(url("x", "a" * 128))
    assert [problem.code for problem in run.check()] == []


def test_a_chain_may_be_as_long_as_the_limit(recording: Recording, tmp_path: Path) -> None:
    recording.add(ARTIFACT, artifact(entry("x", b"end"), "0", "0" * 128))
    for number in range(1, 5):
        recording.add(
            ARTIFACT, artifact(entry("x", ref=url("x", f"{number - 1}" * 128)), "n", f"{number}" * 128)
        )
    folder, given = recording.save(), [put(tmp_path / "given", {"x": b"end"})]
    assert read(open_run(folder, given, limits=Limits(references=4)), url("x", "4" * 128)) == b"end"
    with pytest.raises(LimitError):
        read(open_run(folder, given, limits=Limits(references=3)), url("x", "4" * 128))


def test_references_to_the_outside_are_not_fetched(recording: Recording) -> None:
    recording.add(ARTIFACT, artifact(entry("r", ref="s3://bucket/r", digest="etag")))
    run = open_run(recording.save())
    with pytest.raises(DecodeError, match="stands for s3://bucket/r, and nothing here fetches"):
        read(run, url("r"))
    assert run.artifacts[0].missing == () and run.check() == []


# -- values and notes ------------------------------------------------------------------------------------------------


def test_values_of_rows_lead_into_artifacts(recording: Recording, tmp_path: Path, toys: Registry) -> None:
    picture = b"ink"
    inner = json.dumps({"_type": "sketch", "path": "media/p.png"}).encode()
    files = {"media/p.png": picture, "s.sketch.json": inner}
    recording.add(ARTIFACT, artifact(entries_of(files)))
    node = {"_type": "sketch", "artifact_path": url("s.sketch.json"), "path": "media/gone.png"}
    recording.row(0, {"img": node})
    run = open_run(recording.save(), artifacts=[put(tmp_path / "given", files)], registry=toys)
    (row,) = run.history()
    assert row["img"].file.read() == picture
    encoded = encode(row["img"], run.files, exact=False, registry=toys)
    assert encoded.json == node and encoded.files == ()
    assert pickle.loads(pickle.dumps(row["img"].file)).read() == picture


def test_a_path_that_is_a_reference_is_opened(recording: Recording, tmp_path: Path, toys: Registry) -> None:
    files = {"media/p.png": b"ink", "s.sketch.json": b'{"_type": "sketch", "path": "media/p.png"}'}
    recording.add(ARTIFACT, artifact(entries_of(files)))
    recording.row(0, {"img": {"_type": "sketch", "path": url("s.sketch.json")}})
    recording.row(1, {"img": {"_type": "sketch", "path": url("media/p.png")}})
    run = open_run(recording.save(), artifacts=[put(tmp_path / "given", files)], registry=toys)
    assert [row["img"].file.read() for row in run.history()] == [b"ink", b"ink"]
    assert run.check() == []


def test_a_file_that_only_the_artifact_has_is_no_problem(
    recording: Recording, tmp_path: Path, toys: Registry
) -> None:
    files = {"media/p.png": b"ink", "s.sketch.json": b'{"_type": "sketch", "path": "media/p.png"}'}
    recording.add(ARTIFACT, artifact(entries_of(files)))
    recording.file("media/other.png", b"")
    said = {"sha256": hashlib.sha256(b"ink").hexdigest(), "size": 3}
    recording.row(
        0, {"img": {"_type": "sketch", "path": "m.png", "artifact_path": url("s.sketch.json"), **said}}
    )
    folder = recording.save()
    assert open_run(folder, [put(tmp_path / "given", files)], registry=toys).check() == []
    assert [problem.code for problem in open_run(folder, registry=toys).check()] == [Code.MISSING_FILE]


def test_large_artifacts_of_which_nothing_is_here_are_told_fast(recording: Recording, tmp_path: Path) -> None:
    files = {f"deep/{number}.bin": b"%d" % number for number in range(3000)}
    run = open_run(logged(recording, files), artifacts=[put(tmp_path / "given", {"x": b""})])
    assert len(run.artifacts[0].missing) == 3000
    assert len(run.artifacts[0].check()) == 3000 and run.check() == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
odd_paths = st.text(max_size=12) | st.sampled_from(
    ["..", "../a", "/etc/passwd", "a\0b", "C:\\x", "a/./b", "\ud800"]
)
entry_nodes = st.fixed_dictionaries(
    {},
    optional={
        "digest": json_values | st.just(b64(b"x")),
        "size": json_values | st.just(1),
        "ref": json_values | odd_paths.map(url),
        "local_path": odd_paths,
        "extra": json_values | st.just({"alg": "XXH128"}),
    },
)


@given(contents=st.dictionaries(odd_paths, entry_nodes | json_values, max_size=4) | json_values)
def test_hostile_manifests_give_decode_errors_alone(
    contents: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("hostile")
    put(folder, {"a": b"x", manifests.NAME: json.dumps({"contents": contents}).encode()})
    try:
        found = open_artifact(folder)
    except DecodeError:
        return
    assert set(found.missing) <= set(found.entries)
    found.check()
    for path in found.entries:
        try:
            found.get(path)
            with found.source.open(MediaRef(path)) as stream:
                assert stream.read() == b"x"
        except (DecodeError, KeyError):
            continue


def test_tables_that_rows_do_not_refer_to_are_told_as_notes(recording: Recording, tmp_path: Path) -> None:
    table = b'{"_type": "table"}'
    for number, (client, digest) in enumerate((("", "d" * 32), (CLIENT, "e" * 32))):
        record = artifact(
            entry("sec/t.table.json", table + b" " * number),
            "run-1-sect",
            client,
            type="run_table",
            digest=digest,
        )
        recording.add(ARTIFACT, record)
    run = open_run(recording.save(), artifacts=[put(tmp_path / "given", {"sec/t.table.json": table})])
    noted = run.files.note("run_table", "sec/t_wandb_delimeter_")
    assert noted == [f"wandb-artifact://{'d' * 32}/sec/t.table.json", url("sec/t.table.json")]
    assert read(run, noted[0]) == table
    assert run.files.note("run_table", "other") is None
    assert list(run.files.notes["run_table"]) == ["sec/t"]


def test_a_log_that_has_grown_is_read_again(recording: Recording, tmp_path: Path) -> None:
    run = open_run(recording.save(), artifacts=[put(tmp_path / "given", FILES)])
    with pytest.raises(DecodeError):
        run.files.artifact(url("t.tally.json"))
    logged(recording)
    assert read(run, url("t.tally.json")) == TABLE


def test_files_that_come_later_are_found(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = put(tmp_path / "given", {"x": b""})
    run = open_run(logged(recording), artifacts=[given])
    with pytest.raises(DecodeError):
        read(run, url("t.tally.json"))
    put(given / "deeper", {"t.tally.json": TABLE})
    with pytest.raises(DecodeError):
        read(run, url("t.tally.json"))
    monkeypatch.setattr(shelves, "RENEWED_AFTER", 0)
    assert read(run, url("t.tally.json")) == TABLE


def test_artifacts_that_come_while_a_run_is_followed_are_known(recording: Recording, tmp_path: Path) -> None:
    given = put(tmp_path / "given", FILES)
    recording.row(0, {"a": 1})
    run = open_run(recording.save(), artifacts=[given])
    following = run.follow(interval=0.001, timeout=20)
    assert next(following).step == 0 and run.artifacts == ()
    recording.add(ARTIFACT, artifact(entries_of(FILES)))
    recording.row(1, {"a": 2})
    recording.save()
    assert next(following).step == 1
    assert read(run, url("t.tally.json")) == TABLE and len(run.artifacts) == 1


def test_runs_with_artifacts_travel(recording: Recording, tmp_path: Path) -> None:
    run = open_run(logged(recording), artifacts=[put(tmp_path / "given", FILES)])
    source, path = pickle.loads(pickle.dumps(run.files.artifact(url("t.tally.json"))))
    with source.open(MediaRef(path)) as stream:
        assert stream.read() == TABLE
    again = pickle.loads(pickle.dumps(run))
    assert read(again, url("t.tally.json")) == TABLE
    assert pickle.loads(pickle.dumps(run.artifacts[0])).get("deep/er/x.txt").read() == b"x"


def test_artifacts_are_shared_between_threads(recording: Recording, tmp_path: Path) -> None:
    files = {f"{number}.txt": b"%d" % number for number in range(100, 200)}
    run = open_run(logged(recording, files), artifacts=[put(tmp_path / "given", files)])
    found: list[list[bytes]] = []

    def work() -> None:
        found.append([read(run, url(path)) for path in files])

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [list(files.values())] * 6


# -- artifacts by themselves -----------------------------------------------------------------------------------------


def manifest(files: Mapping[str, bytes]) -> bytes:
    contents = {path: {"digest": b64(data), "size": len(data)} for path, data in files.items()}
    return json.dumps({"version": 1, "contents": contents}).encode()


def lines(files: Mapping[str, bytes]) -> bytes:
    found = ({"path": path, "digest": b64(data), "size": len(data)} for path, data in files.items())
    return b"".join(json.dumps(each).encode() + b"\n" for each in found)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (None, b""),
        ("wandb_manifest.json", manifest(FILES)),
        ("x.manifest_contents.jl", lines(FILES)),
        ("x.manifest_contents.jl.gz", gzip.compress(lines(FILES))),
        ("two.jl.gz", gzip.compress(lines(FILES)[:40]) + gzip.compress(lines(FILES)[40:])),
    ],
)
def test_open_artifact_on_folders_and_manifests(
    name: str | None, content: bytes, tmp_path: Path, toys: Registry
) -> None:
    folder = put(tmp_path / "cats:v3", FILES)
    if name:
        (folder / name).write_bytes(content)
    found = open_artifact(folder if name in (None, "wandb_manifest.json") else folder / name, registry=toys)
    assert (found.name, found.aliases) == ("cats", ("v3",))
    assert list(found.entries) == sorted(FILES)
    for spelled in ("t", "t.tally.json"):
        assert found.get(spelled).count == 3
    assert found.get("deep/er/x.txt").read() == b"x"
    assert (
        decode({"_type": "sketch", "path": "media/images/ab.png"}, found.source, registry=toys).file.read()
        == b"picture"
    )
    assert found.check() == [] and found.folder == folder and found.missing == ()
    assert "t" in found and "u" not in found
    assert (found.digest == manifests.digest_of(found.entries)) is bool(name)


@pytest.mark.parametrize("layout", [in_a_cache, staged, among_others])
def test_open_artifact_on_a_manifest_with_the_files_elsewhere(
    layout: Any, tmp_path: Path, toys: Registry
) -> None:
    (tmp_path / "m.json").write_bytes(manifest(FILES))
    found = open_artifact(tmp_path / "m.json", files=[layout(tmp_path / "elsewhere")], registry=toys)
    assert found.get("t").count == 3 and found.missing == ()


def test_open_artifact_refuses_what_is_none(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "bad.json").write_bytes(b"[1, 2]")
    (tmp_path / "bad.jl.gz").write_bytes(b"\x1f\x8bnothing")
    one, two = lines({"a": b"a"}), lines({"b": b"b"})
    packer = zlib.compressobj(wbits=31)
    (tmp_path / "cut.jl.gz").write_bytes(packer.compress(one) + packer.flush(zlib.Z_FULL_FLUSH))
    (tmp_path / "cut2.jl.gz").write_bytes(gzip.compress(one) + gzip.compress(two)[:-1])
    put(tmp_path / "root", {"cats:v1/a": b"", "dogs:v0/b": b""})
    for name, message in {
        "gone": "does not exist; pass the folder",
        "empty": "holds no files",
        "bad.json": "no manifest",
        "bad.jl.gz": "no whole gzip file",
        "cut.jl.gz": "no whole gzip file: its end is missing",
        "cut2.jl.gz": "no whole gzip file: its end is missing",
        "root": "holds 2 artifacts: cats:v1, dogs:v0; pass one",
    }.items():
        with pytest.raises(DecodeError, match=message):
            open_artifact(tmp_path / name)
    with pytest.raises(TypeError, match="not int"):
        open_artifact(3)  # type: ignore[arg-type]


def test_get_says_what_there_is(tmp_path: Path) -> None:
    found = open_artifact(put(tmp_path / "x", {"i.a.json": b"{}", "i.b.json": b"{}", "o.txt": b""}))
    with pytest.raises(KeyError, match=r"i may be i\.a\.json or i\.b\.json"):
        found.get("i")
    with pytest.raises(KeyError, match="nothing is no entry of artifact 'x'; it has "):
        found.get("nothing")


def test_compressed_manifests_are_bounded(tmp_path: Path) -> None:
    bomb = gzip.compress(b" " * (8 << 20))
    (tmp_path / "m.jl.gz").write_bytes(bomb)
    with pytest.raises(LimitError, match="ratio"):
        open_artifact(tmp_path / "m.jl.gz")
    with pytest.raises(LimitError, match="json_bytes"):
        open_artifact(tmp_path / "m.jl.gz", limits=Limits(ratio=10_000, json_bytes=1 << 20))


def test_a_manifest_in_a_file_of_its_own_is_found_and_must_be_the_one(
    recording: Recording, tmp_path: Path
) -> None:
    given = put(tmp_path / "given", {**FILES, "artifact_manifests/m.jl.gz": gzip.compress(lines(FILES))})
    digest = manifests.digest_of(
        open_artifact(put(tmp_path / "c", {**FILES, manifests.NAME: manifest(FILES)})).entries
    )
    about = (
        part(5, "cats")
        + part(15, CLIENT)
        + part(12, part(5, "/somewhere/staging/artifact_manifests/m.jl.gz"))
    )
    recording.add(ARTIFACT, about + part(6, digest))
    recording.add(ARTIFACT, about.replace(b"c" * 128, b"e" * 128) + part(6, "0" * 32))
    run = open_run(recording.save(), artifacts=[given])
    assert read(run, url("t.tally.json")) == TABLE
    with pytest.raises(DecodeError, match="no entry"):
        read(run, url("t.tally.json", "e" * 128))


def test_digests_of_another_kind_are_told_by_name_and_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in = SimpleNamespace(xxh128=partial(hashlib.blake2b, digest_size=16))
    monkeypatch.setattr(shelves, "_xxhash", lambda: stand_in)
    digest = base64.b64encode(stand_in.xxh128(b"one").digest()).decode()
    contents = {"a.txt": {"digest": digest, "size": 3, "extra": {"alg": "XXH128"}}}
    files = {"a.txt": b"one", manifests.NAME: json.dumps({"contents": contents}).encode()}
    folder = put(tmp_path / "x", files)
    assert open_artifact(folder).check() == []
    put(folder, {"a.txt": b"two"})
    assert [problem.code for problem in open_artifact(folder).check()] == [Code.ALTERED_FILE]
    monkeypatch.setattr(shelves, "_xxhash", lambda: None)
    (problem,) = open_artifact(folder).check()
    assert "by name and size alone" in problem.what and "wbtypes-runs[xxhash]" in problem.remedy
