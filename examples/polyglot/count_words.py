from jina import Executor, requests


class CountWords(Executor):
    @requests
    def count(self, docs, **kwargs):
        for doc in docs:
            doc.text = f'{doc.text} ({len(doc.text.split())} words)'
