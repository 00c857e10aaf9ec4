"""The client of Jina's page on hot reload, each time it is asked for: python document_client.py PORT."""

import json
import os
import sys

from jina import Client, DocumentArray

answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

while True:
    c = Client(port=int(sys.argv[1]))
    print(json.dumps(c.post(on='/', inputs=DocumentArray.empty(1))[0].text), file=answers, flush=True)
    if not sys.stdin.readline():
        break
