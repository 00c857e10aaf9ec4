"""A real Flow of Jina: python jina_flow.py GRPC_PORT WEBSOCKET_PORT HTTP_PORT. It ends with its standard input."""

import asyncio
import json
import multiprocessing
import os
import sys

import numpy as np
from jina import Executor, Flow, requests


class Ex(Executor):
    @requests
    def fallback(self, docs, **kwargs):
        for doc in docs:
            doc.text = f'default:{doc.text}'

    @requests(on='/echo')
    def echo(self, docs, **kwargs):
        pass

    @requests(on='/dtypes')
    def dtypes(self, docs, **kwargs):
        for doc in docs:
            doc.tags['seen'] = f'{doc.embedding.dtype} {doc.embedding.shape} {doc.embedding.tolist()}'
            doc.tensor = np.stack([doc.embedding, doc.embedding])

    @requests(on='/dict')
    def dict(self, **kwargs):
        return {'answer': 42, 'nested': {'a': [1, 2.5, 'x', None, True]}}

    @requests(on='/params')
    def params(self, docs, parameters, **kwargs):
        for doc in docs:
            doc.text = json.dumps(parameters, sort_keys=True)

    @requests(on='/raise')
    def fail(self, **kwargs):
        raise ValueError('boom')

    @requests(on='/slow')
    async def slow(self, **kwargs):
        await asyncio.sleep(3)


if __name__ == '__main__':
    ports = [int(port) for port in sys.argv[1:]]
    with Flow(protocol=['grpc', 'websocket', 'http'], port=ports).add(uses=Ex, name='one'):
        sys.stdin.read()
        # Its own end waits for connections that clients keep.
        for process in multiprocessing.active_children():
            process.kill()
        os._exit(0)
