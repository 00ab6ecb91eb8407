"""Renders the cases on standard input with real Jinja2, as Nornir sets it up, for conformance.test.ts."""
import json
import sys

import yaml
from jinja2 import DictLoader, Environment, StrictUndefined

given = json.load(sys.stdin)
environment = Environment(undefined=StrictUndefined, trim_blocks=True, loader=DictLoader(given["templates"]))
results = []
for case in given["cases"]:
    try:
        text = environment.from_string(case["template"]).render(**(yaml.safe_load(case["data"]) or {}))
        results.append({"text": text})
    except Exception as error:  # noqa: BLE001 - any error counts as refused
        results.append({"error": f"{type(error).__name__}: {error}"})
json.dump(results, sys.stdout)
