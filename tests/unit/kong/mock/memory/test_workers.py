from kong.mock.memory.shared_dict import SharedDict
from kong.mock.memory.workers import Worker


def test_counts_are_in_the_dictionary_after_a_sync() -> None:
    dictionary = SharedDict("test", 64 * 1024)
    workers = [Worker(1), Worker(2)]
    for worker in workers:
        worker.count([("a", 1), ("b", 2), ("a", 3)])
    assert [worker.unsynced for worker in workers] == [2, 2]
    workers[0].sync(dictionary)
    assert dictionary.get("a") == 4
    workers[1].sync(dictionary)
    workers[1].sync(dictionary)
    assert dictionary.get("a") == 8
    assert [worker.unsynced for worker in workers] == [0, 0]


def test_a_restarted_worker_has_forgotten_its_counts() -> None:
    worker = Worker(1)
    worker.count([("a", 1)])
    worker.restart(2)
    assert (worker.pid, worker.unsynced) == (2, 0)
