"""What load.ts does, with kazoo: python3 load.py SERVERS CONNECTIONS ROOT."""

import json
import sys
from collections import deque
from time import perf_counter, process_time

from kazoo.client import KazooClient

VALUE = (b"granary" * 15)[:100]
NODES = 100
OPERATIONS_OF_MULTI = 10


class Load:
    def __init__(self, servers, connections, root):
        self.clients = [KazooClient(hosts=servers, timeout=30) for _ in range(connections)]
        for client in self.clients:
            client.start()
        self.root = root
        self.nodes = [f"{root}/node-{i}" for i in range(NODES)]
        self.made = 0
        first = self.clients[0]
        for path in [root, *self.nodes, f"{root}/made"]:
            first.create(path, VALUE)

    def new_path(self):
        self.made += 1
        return f"{self.root}/made/{self.made}"

    def request(self, kind, i):
        client = self.clients[i % len(self.clients)]
        if kind == "mixed":
            kind = "get" if i % 5 < 3 else "set" if i % 5 == 3 else "create"
        if kind == "create":
            return client.create_async(self.new_path(), VALUE)
        if kind == "set":
            return client.set_async(self.nodes[i % NODES], VALUE)
        if kind == "get":
            return client.get_async(self.nodes[i % NODES])
        half = OPERATIONS_OF_MULTI // 2
        transaction = client.transaction()
        for _ in range(half):
            transaction.create(self.new_path(), VALUE)
        for j in range(half):
            transaction.set_data(self.nodes[(i * half + j) % NODES], VALUE)
        return transaction.commit_async()

    def pipelined(self, kind, ms, inFlight):
        cpu = process_time()
        start = perf_counter()
        end = start + ms / 1000
        waiting = deque()
        i = 0
        while perf_counter() < end:
            if len(waiting) == inFlight:
                waiting.popleft().get()
            waiting.append(self.request(kind, i))
            i += 1
        for result in waiting:
            result.get()
        return {"requests": i, "seconds": perf_counter() - start, "cpuUs": (process_time() - cpu) * 1e6}

    def single(self, kind, ms):
        times = []
        start = perf_counter()
        while perf_counter() - start < ms / 1000:
            begun = perf_counter()
            self.request(kind, len(times)).get()
            times.append((perf_counter() - begun) * 1000)
        times.sort()
        return {"median": times[len(times) // 2], "p99": times[min(len(times) - 1, int(len(times) * 0.99))]}


load = Load(sys.argv[1], int(sys.argv[2]), sys.argv[3])
print("{}", flush=True)
for line in sys.stdin:
    order = json.loads(line)
    print(json.dumps(getattr(load, order.pop("action"))(**order)), flush=True)
for client in load.clients:
    client.stop()
