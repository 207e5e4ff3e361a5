"""kazoo, Python's client of ZooKeeper, with its recipes, against a server: kazoo_checks.py HOST:PORT

Prints a line for each check that passed; ends with an error at the first that does not.
"""

import os
import socket
import sys
import threading
import time

from kazoo.client import KazooClient, KazooState
from kazoo.exceptions import (
    BadVersionError,
    NoAuthError,
    NoChildrenForEphemeralsError,
    NodeExistsError,
    NoNodeError,
    NotEmptyError,
    RolledBackError,
    SessionExpiredError,
)
from kazoo.recipe.watchers import ChildrenWatch, DataWatch
from kazoo.security import make_digest_acl

hosts = sys.argv[1]
root = f'/kazoo-{os.getpid()}'


def client(timeout=10.0, **options):
    made = KazooClient(hosts=hosts, timeout=timeout, **options)
    made.start(timeout=15)
    return made


def fails(error, call, *args, **options):
    try:
        call(*args, **options)
    except error:
        return
    raise AssertionError(f'{error.__name__} was expected')


def eventually(what, holds, seconds=10):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f'It does not come: {what}'
        time.sleep(0.01)


def nodes(zk):
    path = f'{root}/nodes'
    assert zk.create(path, b'one', makepath=True) == path
    data, stat = zk.get(path)
    assert data == b'one' and stat.version == 0 and stat.dataLength == 3, stat
    assert stat.czxid == stat.mzxid == stat.pzxid and stat.ephemeralOwner == 0, stat
    assert abs(stat.ctime / 1000 - time.time()) < 60, stat
    assert zk.set(path, b'three').version == 1
    fails(BadVersionError, zk.set, path, b'x', version=0)
    fails(NodeExistsError, zk.create, path)
    fails(NoNodeError, zk.get, f'{path}/none')
    fails(NoNodeError, zk.create, f'{path}/none/child')
    path2, stat = zk.create(f'{path}/a', b'x', include_data=True)
    assert path2 == f'{path}/a' and stat.dataLength == 1, stat
    assert zk.create(f'{path}/n-', sequence=True) == f'{path}/n-0000000001'
    assert zk.create(f'{path}/n-', sequence=True, ephemeral=True) == f'{path}/n-0000000002'
    fails(NoChildrenForEphemeralsError, zk.create, f'{path}/n-0000000002/x')
    assert sorted(zk.get_children(path)) == ['a', 'n-0000000001', 'n-0000000002']
    names, stat = zk.get_children(path, include_data=True)
    assert stat.numChildren == 3 and stat.cversion == 3, stat
    fails(NotEmptyError, zk.delete, path)
    fails(BadVersionError, zk.delete, f'{path}/a', version=7)
    zk.delete(f'{path}/a', version=0)
    assert zk.exists(f'{path}/a') is None
    assert zk.exists(path).numChildren == 2
    zk.sync(path)
    zk.delete(path, recursive=True)
    big = os.urandom((1 << 20) - 1000)
    zk.create(f'{root}/big', big)
    assert zk.get(f'{root}/big')[0] == big
    name = f'{root}/ключ 日本語'
    zk.create(name, 'é'.encode())
    assert zk.get(name)[0].decode() == 'é'
    assert zk.ensure_path(f'{root}/a/b/c/d')
    assert len(zk.server_version()) >= 3


def pipelined(zk):
    path = f'{root}/pipelined'
    zk.create(path)
    sets = [zk.set_async(path, str(i).encode(), version=i) for i in range(1000)]
    assert [answer.get(timeout=10).version for answer in sets] == list(range(1, 1001))


def access(zk):
    path = f'{root}/closed'
    ada = client(auth_data=[('digest', 'ada:secret')])
    ada.create(path, b'mine', acl=[make_digest_acl('ada', 'secret', all=True)])
    zk.sync(path)
    fails(NoAuthError, zk.get, path)
    fails(NoAuthError, zk.set, path, b'')
    acls, stat = ada.get_acls(path)
    assert len(acls) == 1 and acls[0].id.scheme == 'digest' and acls[0].perms == 31, acls
    bob = client()
    fails(NoAuthError, bob.get, path)
    bob.add_auth('digest', 'ada:secret')
    assert bob.get(path)[0] == b'mine'
    assert ada.set_acls(path, [make_digest_acl('bob', 'x', all=True)], version=0).aversion == 1
    fails(NoAuthError, ada.get, path)
    for one in (ada, bob):
        one.stop()
        one.close()


def transactions(zk):
    path = f'{root}/transaction'
    zk.create(path)
    transaction = zk.transaction()
    transaction.create(f'{path}/a', b'1')
    transaction.check(f'{path}/a', version=0)
    transaction.set_data(f'{path}/a', b'2', version=0)
    transaction.create(f'{path}/n-', sequence=True)
    transaction.delete(f'{path}/a', version=1)
    results = transaction.commit()
    assert results[0] == f'{path}/a' and results[1] is True and results[2].version == 1, results
    assert results[3] == f'{path}/n-0000000001' and results[4] is True, results
    transaction = zk.transaction()
    transaction.create(f'{path}/b')
    transaction.check(path, version=9)
    transaction.create(f'{path}/c')
    results = transaction.commit()
    assert isinstance(results[0], RolledBackError), results
    assert isinstance(results[1], BadVersionError), results
    assert zk.exists(f'{path}/b') is None
    with zk.transaction() as transaction:
        for i in range(500):
            transaction.create(f'{path}/many-{i}', b'x')
    assert len(zk.get_children(path)) == 501


def watches(zk):
    path = f'{root}/watches'
    other = client()
    seen = []
    told = threading.Condition()

    def note(event):
        with told:
            seen.append((event.type, event.path))
            told.notify_all()

    zk.exists(path, watch=note)
    other.create(path)
    eventually('created', lambda: seen == [('CREATED', path)])
    zk.get(path, watch=note)
    other.set(path, b'x')
    eventually('changed', lambda: seen[1:] == [('CHANGED', path)])
    zk.get_children(path, watch=note)
    other.create(f'{path}/a')
    eventually('child', lambda: seen[2:] == [('CHILD', path)])
    zk.get(f'{path}/a', watch=note)
    other.delete(f'{path}/a')
    eventually('deleted', lambda: seen[3:] == [('DELETED', f'{path}/a')])

    values = []
    other.set(path, b'0')
    zk.sync(path)
    DataWatch(zk, path, lambda data, stat: values.append(int(data)))
    for i in range(1, 101):
        other.set(path, str(i).encode())
    eventually('the last value', lambda: values[-1:] == [100])
    assert values[1:] == sorted(values[1:]), values

    children = []
    ChildrenWatch(zk, path, lambda names: children.append(len(names)))
    for i in range(50):
        other.create(f'{path}/{i}')
    eventually('the last child', lambda: children[-1:] == [50])
    other.stop()
    other.close()


def ephemerals(zk):
    path = f'{root}/ephemerals'
    zk.create(path)
    other = client()
    other.create(f'{path}/a', ephemeral=True)
    assert zk.exists(f'{path}/a').ephemeralOwner == other.client_id[0]
    other.stop()
    eventually('nobody', lambda: zk.get_children(path) == [], seconds=2)
    other.close()


def reattach(zk):
    path = f'{root}/reattach'
    zk.create(path, b'')
    other = client()
    session = other.client_id[0]
    other.create(f'{path}/mine', ephemeral=True)
    seen = []
    other.get(path, watch=lambda event: seen.append((event.type, event.path)))
    other._connection._socket.shutdown(socket.SHUT_RDWR)
    eventually('a lost connection', lambda: other.state != KazooState.CONNECTED, seconds=5)
    eventually('the connection', lambda: other.state == KazooState.CONNECTED)
    assert other.client_id[0] == session
    # kazoo does not set its watches again: it calls them, with a change of the session's state.
    assert zk.exists(f'{path}/mine').ephemeralOwner == session
    other.set(path, b'x')
    other.stop()
    other.close()


def expiry(zk):
    path = f'{root}/expiry'
    zk.create(path)
    other = client(timeout=1.0)
    other.create(f'{path}/mine', ephemeral=True)
    states = []
    other.add_listener(lambda state: states.append(state))
    # A second connection takes the session over and closes it: the first finds it expired.
    session = other.client_id
    thief = client(client_id=session)
    assert thief.client_id[0] == session[0]
    thief.stop()
    thief.close()
    eventually('nobody', lambda: zk.get_children(path) == [], seconds=5)
    eventually('the loss', lambda: KazooState.LOST in states)
    eventually('a new session', lambda: other.state == KazooState.CONNECTED)
    other.create(f'{path}/again', ephemeral=True)
    other.stop()
    other.close()
    # A client that is gone without a word.
    silent = client(timeout=1.0)
    silent.create(f'{path}/silent', ephemeral=True)
    gone = []
    zk.exists(f'{path}/silent', watch=lambda event: gone.append(time.monotonic()))
    start = time.monotonic()
    silent._connection._send_ping = lambda timeout: None
    eventually('the expiry', lambda: gone, seconds=10)
    assert 0.5 < gone[0] - start < 8, gone[0] - start
    silent.stop()
    silent.close()


def locks(zk):
    path = f'{root}/lock'
    clients = [client() for _ in range(4)]
    inside = []
    worst = []
    done = []

    def work(own):
        for _ in range(10):
            with own.Lock(path):
                inside.append(1)
                worst.append(len(inside))
                time.sleep(0.001)
                inside.pop()
        done.append(1)

    threads = [threading.Thread(target=work, args=(one,)) for one in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(done) == 4 and max(worst) == 1 and len(worst) == 40, (done, worst)
    # Whoever holds it and goes away gives it up.
    held = clients[0].Lock(path)
    assert held.acquire(timeout=5)
    assert not clients[1].Lock(path).acquire(blocking=False)
    clients[0].stop()
    assert clients[1].Lock(path).acquire(timeout=5)
    for one in clients:
        one.stop()
        one.close()


def elections(zk):
    path = f'{root}/election'
    clients = [client() for _ in range(3)]
    led = []

    def lead(i):
        led.append(i)
        time.sleep(0.05)

    threads = [threading.Thread(target=one.Election(path, str(i)).run, args=(lead, i)) for i, one in enumerate(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(led) == [0, 1, 2], led
    for one in clients:
        one.stop()
        one.close()


def recipes(zk):
    counter = zk.Counter(f'{root}/counter')
    other = client()
    second = other.Counter(f'{root}/counter')

    def add(one):
        for _ in range(25):
            one += 1

    threads = [threading.Thread(target=add, args=(one,)) for one in (counter, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert counter.value == 50, counter.value

    barrier = zk.Barrier(f'{root}/barrier')
    barrier.create()
    waiter = other.Barrier(f'{root}/barrier')
    passed = []
    thread = threading.Thread(target=lambda: passed.append(waiter.wait(timeout=10)))
    thread.start()
    time.sleep(0.1)
    assert not passed
    barrier.remove()
    thread.join(10)
    assert passed == [True]

    queue = zk.LockingQueue(f'{root}/queue')
    queue.put_all([b'a', b'b', b'c'])
    taken = []
    for _ in range(3):
        taken.append(queue.get(timeout=5))
        assert queue.consume()
    assert taken == [b'a', b'b', b'c'], taken

    semaphores = [one.Semaphore(f'{root}/semaphore', max_leases=2) for one in (zk, other, zk)]
    assert semaphores[0].acquire() and semaphores[1].acquire()
    assert not semaphores[2].acquire(blocking=False)
    semaphores[0].release()
    assert semaphores[2].acquire(timeout=5)

    party = zk.Party(f'{root}/party', 'zk')
    party.join()
    other.Party(f'{root}/party', 'other').join()
    assert sorted(party) == ['other', 'zk']
    other.stop()
    other.close()


def chroot(zk):
    below = client()
    below.chroot = root
    assert below.create('/below', b'x') == '/below'
    zk.sync(root)
    assert zk.get(f'{root}/below')[0] == b'x'
    below.stop()
    below.close()


def read_only_words(zk):
    assert zk.command(b'ruok') == 'imok'
    assert 'zk_znode_count' in zk.command(b'mntr')


zk = client()
zk.create(root)
for check in (
    nodes,
    pipelined,
    access,
    transactions,
    watches,
    ephemerals,
    reattach,
    expiry,
    locks,
    elections,
    recipes,
    chroot,
    read_only_words,
):
    start = time.monotonic()
    check(zk)
    print(f'{check.__name__}: {time.monotonic() - start:.2f} s', flush=True)
zk.stop()
zk.close()
print('all passed', flush=True)
