"""Runs one scenario with the Jina client that is installed, and writes what it saw, as lines of JSON.

python scenario.py PORT NAME PROTOCOL
"""

import base64
import json
import os
import sys
from typing import Any, Dict, List, Optional

import numpy as np
from jina import Client
from jina import __version__ as version

# Jina logs to standard output too; what is left of it belongs to the test.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

client = Client(port=int(sys.argv[1]), protocol=sys.argv[3])

if version.startswith("3.14"):
    from docarray.score import NamedScore as score
    from jina import Document, DocumentArray

    array = DocumentArray
    empty = DocumentArray.empty
    to_blob = from_blob = related = lambda value: value
    returned: Dict[str, Any] = {}
else:
    from docarray import BaseDoc, DocList
    from docarray.typing import NdArray

    class Document(BaseDoc):
        parent_id: Optional[str] = None
        granularity: Optional[int] = None
        adjacency: Optional[int] = None
        blob: Optional[bytes] = None
        tensor: Optional[NdArray] = None
        mime_type: Optional[str] = None
        text: Optional[str] = None
        weight: Optional[float] = None
        uri: Optional[str] = None
        tags: Optional[Dict[str, Any]] = None
        offset: Optional[float] = None
        location: Optional[List[float]] = None
        embedding: Optional[NdArray] = None
        modality: Optional[str] = None
        evaluations: Optional[Dict[str, Any]] = None
        scores: Optional[Dict[str, Any]] = None
        chunks: Optional[List["Document"]] = None
        matches: Optional[List["Document"]] = None

    array = DocList[Document]
    score = dict
    returned = {"return_type": array}

    def empty(count):
        return array([Document() for _ in range(count)])

    # This generation sends bytes as the text they are, the one before it as base64.
    def to_blob(blob):
        return base64.b64encode(blob)

    def from_blob(blob):
        return base64.b64decode(blob)

    def related(doc):
        """The place of chunks and matches, which the generation before sets itself."""
        for chunk in doc.chunks or []:
            chunk.parent_id, chunk.granularity = doc.id, (doc.granularity or 0) + 1
        for match in doc.matches or []:
            match.adjacency = (doc.adjacency or 0) + 1
        for part in [*(doc.chunks or []), *(doc.matches or [])]:
            related(part)
        return doc


def post(on, inputs, **options):
    return client.post(on=on, inputs=inputs, **returned, **options)


def responses(on, inputs):
    return post(on, inputs, return_responses=True)


SCALARS = (
    "id text mime_type weight uri tags offset location modality parent_id granularity adjacency"
).split()


def plain(value):
    """A field as JSON has it, and of arrays that they are numpy's."""
    if isinstance(value, np.ndarray):
        return {"shape": list(value.shape), "values": value.tolist()}
    return value


def fields(doc):
    """All fields of a document that are set."""
    seen = {name: getattr(doc, name) for name in SCALARS}
    seen["embedding"], seen["tensor"] = plain(doc.embedding), plain(doc.tensor)
    seen["blob"] = list(from_blob(doc.blob)) if doc.blob else None
    for name in ("scores", "evaluations"):
        scores = getattr(doc, name) or {}
        seen[name] = {key: named(value) for key, value in scores.items()}
    for name in ("chunks", "matches"):
        seen[name] = [fields(inner) for inner in getattr(doc, name) or []]
    return {name: value for name, value in seen.items() if value not in (None, {}, [], "")}


def named(value):
    each = ((key, value.get(key) if isinstance(value, dict) else getattr(value, key))
            for key in ("value", "op_name", "description", "ref_id"))
    return {key: item for key, item in each if item}


def full_documents():
    """Documents with every field; of text, blob and tensor one has only one in the first generation."""
    return array([
        related(Document(
            text="hello",
            mime_type="text/plain",
            weight=0.5,
            uri="https://example.com/a",
            tags={"price": 2.5, "of": {"list": ["x", None, True]}, "__proto__": "data"},
            offset=1.5,
            location=[0.5, 2.5],
            modality="text",
            parent_id="parent",
            granularity=1,
            adjacency=2,
            embedding=np.array([0.5, -1.5, 2.25]),
            scores={"cosine": score(value=0.75, op_name="cos", description="near", ref_id="r")},
            evaluations={"recall": score(value=0.25)},
            chunks=[Document(text="chunk", embedding=np.array([0.5]))],
            matches=[Document(text="match", chunks=[Document(text="chunk of match")])],
        )),
        Document(blob=to_blob(bytes(range(256)))),
        Document(tensor=np.arange(6).reshape(3, 2) + 0.5),
    ])


def ready():
    return client.is_flow_ready()


def one():
    return post("/", empty(1))[0].text


def many():
    docs = empty(250)
    back = post("/", docs)
    small = post("/", docs, request_size=7)
    return {
        "counts": [len(back), len(small)],
        "ids": sorted(docs[:, "id"] if version.startswith("3.14") else docs.id) ==
        sorted(doc.id for doc in back) == sorted(doc.id for doc in small),
        "texts": sorted({doc.text for doc in [*back, *small]}),
    }


def none():
    return len(post("/", empty(0)))


def parameters():
    given = {"limit": 3, "name": "x", "deep": {"list": [1.5, None]}, "b": {"limit": 5}, "a__limit": 7}
    return post("/parameters", empty(1), parameters=given)[0].text


def target():
    return [post("/", empty(1), target_executor=name)[0].text or "" for name in ("a", "b", "[ab]", "c")]


def every_field():
    sent = full_documents()
    [response] = responses("/seen", sent)
    results = response.parameters["__results__"]
    return {
        "sent": [fields(doc) for doc in sent],
        "back": [fields(doc) for doc in response.docs],
        "seen": results["executor0/rep-0"]["docs"],
    }


def filled():
    return [fields(doc) for doc in post("/fill", empty(3))]


def results():
    [response] = responses("/results", empty(1))
    return response.parameters["__results__"]


def raises():
    return post("/raise", empty(1))


def unknown():
    return post("/nowhere", empty(1))


def generators():
    """Counts of what comes back for generators, and the texts."""
    def documents(count):
        for _ in range(count):
            yield empty(1)[0]

    kinds = [
        (250, {}),
        (250, {"request_size": 7, "prefetch": 5}),
        (2500, {}),
        (25, {"stream": False}),
    ]
    back = [post("/", documents(count), **options) for count, options in kinds]
    return [len(docs) for docs in back], sorted({doc.text for docs in back for doc in docs})


def callbacks():
    """The order of the callbacks of three requests, of answers and of errors."""
    seen = []
    for endpoint in ("/foo", "/raise"):
        calls = []
        post(
            endpoint,
            empty(30),
            request_size=10,
            on_done=lambda _: calls.append("d"),
            on_error=lambda _: calls.append("e"),
            on_always=lambda _: calls.append("a"),
        )
        seen.append("".join(calls))
    return seen


def foo():
    return post("/foo", empty(1))[0].text


def twice():
    """Two calls; between them the test changes the Executor."""
    say(foo())
    sys.stdin.readline()
    return foo()


def say(answer):
    print(json.dumps(answer), file=answers, flush=True)


try:
    say(globals()[sys.argv[2]]())
except Exception as error:
    say({"error": type(error).__name__, "message": str(error)})
