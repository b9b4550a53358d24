#!/usr/bin/env python3
"""Learns entities with python-crfsuite and Rasa's default features, on the parts that `cargo bench --bench entities` has.

    python3 benches/crfsuite_compare.py [SET ...]

SET is a folder of ../shared/data/intents (or $BOT_SHARED/data/intents) with marked entities, by default atis, snips and
fb_multi_es. Prints F1 of exact spans with their types, and CPU seconds of learning, ours after it. Without
python-crfsuite the script installs it in a temporary virtual environment; where that is impossible, or the data are
missing, it says so and ends with 0.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("BOT_SHARED", ROOT.parent / "shared")) / "data" / "intents"
# Rasa's WhitespaceTokenizer; Python's own `re` knows all that it needs.
PUNCTUATION = re.compile(
    r"[^\w#@&]+(?=\s|$)|(\s|^)[^\w#@&]+(?=[^0-9\s])|(?<=[^0-9\s])[^\w._~:/?#\[\]()@!$&*+,;=-]+(?=[^0-9\s])"
)
AROUND = ("low", "title", "upper")
HERE = ("low", "bias", "prefix5", "prefix2", "suffix5", "suffix3", "suffix2", "upper", "title", "digit")
FEATURES = {
    "low": str.lower,
    "title": str.istitle,
    "upper": str.isupper,
    "digit": str.isdigit,
    "bias": lambda word: "bias",
    "prefix5": lambda word: word[:5],
    "prefix2": lambda word: word[:2],
    "suffix5": lambda word: word[-5:],
    "suffix3": lambda word: word[-3:],
    "suffix2": lambda word: word[-2:],
}


def stop(reason):
    print(f"no comparison: {reason}")
    sys.exit(0)


def with_crfsuite():
    """Runs this script again in an environment that has python-crfsuite."""
    try:
        import pycrfsuite  # noqa: F401
    except ImportError:
        pass
    else:
        return
    if os.environ.get("CRFSUITE_COMPARE"):
        stop("python-crfsuite does not load in the temporary environment")
    with tempfile.TemporaryDirectory() as folder:
        print("python-crfsuite is missing: installing it in a temporary environment", flush=True)
        python = Path(folder) / ("Scripts" if os.name == "nt" else "bin") / "python"
        for command in (
            [sys.executable, "-m", "venv", folder],
            [python, "-m", "pip", "install", "--quiet", "python-crfsuite"],
        ):
            if subprocess.run(command, check=False).returncode != 0:
                stop("python-crfsuite is missing and cannot be installed")
        environment = dict(os.environ, CRFSUITE_COMPARE="1")
        sys.exit(subprocess.run([python, __file__, *sys.argv[1:]], env=environment, check=False).returncode)


def read(name, part):
    path = DATA / name / f"{part}_entities.jsonl"
    if not path.is_file():
        return None
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def tokens(text):
    spans, at = [], 0
    for word in PUNCTUATION.sub(" ", text).split():
        start = text.index(word, at)
        at = start + len(word)
        spans.append((start, at))
    return spans or [(0, len(text))]


def features(text, spans):
    words = [text[start:end] for start, end in spans]
    rows = []
    for at in range(len(words)):
        row = {}
        for offset, names in ((-1, AROUND), (0, HERE), (1, AROUND)):
            if at + offset < 0:
                row["BOS"] = True
            elif at + offset >= len(words):
                row["EOS"] = True
            else:
                for name in names:
                    row[f"{offset}:{name}"] = FEATURES[name](words[at + offset])
        rows.append(row)
    return rows


def tags(message, spans):
    labels = ["O"] * len(spans)
    starts = {start: at for at, (start, _) in enumerate(spans)}
    ends = {end: at for at, (_, end) in enumerate(spans)}
    for mark in message["entities"]:
        first, last = starts.get(mark["start"]), ends.get(mark["end"])
        if first is None or last is None:
            continue
        for at in range(first, last + 1):
            part = "U" if first == last else "B" if at == first else "L" if at == last else "I"
            labels[at] = f"{part}-{mark['entity']}"
    return labels


def found(spans, labels):
    entities, last = [], "O"
    for span, label in zip(spans, labels):
        if label != "O":
            part, name = label.split("-", 1)
            if part in "BU" or last == "O" or last.split("-", 1)[1] != name:
                entities.append([*span, name])
            else:
                entities[-1][1] = span[1]
        last = label
    return {tuple(entity) for entity in entities}


def judge(train, held, counts):
    import pycrfsuite

    start = time.process_time()
    trainer = pycrfsuite.Trainer(verbose=False, algorithm="lbfgs")
    trainer.set_params({"c1": 0.1, "c2": 0.1, "max_iterations": 50, "feature.possible_transitions": True})
    for message in train:
        spans = tokens(message["text"])
        trainer.append(features(message["text"], spans), tags(message, spans))
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "model")
        trainer.train(path)
        counts["seconds"].append(time.process_time() - start)
        tagger = pycrfsuite.Tagger()
        tagger.open(path)
        names = tagger.labels()
        for message in held:
            spans = tokens(message["text"])
            tagger.set(features(message["text"], spans))
            # As Rasa: every token by itself.
            labels = [max(names, key=lambda name: tagger.marginal(name, at)) for at in range(len(spans))]
            entities = found(spans, labels)
            marked = {(mark["start"], mark["end"], mark["entity"]) for mark in message["entities"]}
            counts["marked"] += len(marked)
            counts["found"] += len(entities)
            counts["right"] += len(marked & entities)


def main():
    with_crfsuite()
    for name in sys.argv[1:] or ["atis", "snips", "fb_multi_es"]:
        train, valid = read(name, "train"), read(name, "valid")
        if train is None:
            print(f"{name}: not there")
            continue
        counts = {"marked": 0, "found": 0, "right": 0, "seconds": []}
        if valid is not None:
            judge(train, valid, counts)
        else:
            for fold in range(5):
                rest = [message for line, message in enumerate(train) if line % 5 != fold]
                judge(rest, train[fold::5], counts)
        precision, recall = (counts["right"] / max(1, counts[key]) for key in ("found", "marked"))
        f1 = 200 * precision * recall / max(1e-9, precision + recall)
        seconds = sum(counts["seconds"]) / len(counts["seconds"])
        print(f"{name:12} python-crfsuite: F1 {f1:.2f}  precision {100 * precision:.2f}  recall {100 * recall:.2f}; "
              f"learnt in {seconds:.1f} CPU seconds (mean of {len(counts['seconds'])})", flush=True)
    print("and ours: cargo bench --bench entities", flush=True)
    subprocess.run(["cargo", "bench", "--quiet", "--bench", "entities", "--", *sys.argv[1:]], cwd=ROOT, check=False)


if __name__ == "__main__":
    main()
