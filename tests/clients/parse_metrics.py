"""Parses `GET /metrics` with Prometheus' own parser; prints the samples by family as one line of JSON."""
import json
import sys
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families

with urlopen(f"http://127.0.0.1:{sys.argv[1]}/metrics") as response:
    text = response.read().decode()
families = {
    family.name: [family.type, [[s.name, s.labels, s.value] for s in family.samples]]
    for family in text_string_to_metric_families(text)
}
print(json.dumps(families), flush=True)
