"""The process itself: what it accepted survives it, and only one owns a directory."""

import threading
import time

from tests.contract.store.test_otlp import spans


def test_every_acknowledged_span_survives_kill_9(own_store):
    store = own_store(flush_seconds=0.05).start()
    acknowledged = sent = 0
    for _ in range(3):
        stop = threading.Event()
        counts = [0, 0]

        def send(counts=counts, stop=stop, port=store.otlp_port):
            while not stop.is_set():
                counts[0] += 20
                try:
                    if store.post("/v1/traces", spans("killed", 20), port=port)[0] == 200:
                        counts[1] += 20
                except OSError:
                    return

        threads = [threading.Thread(target=send) for _ in range(2)]
        for thread in threads:
            thread.start()
        end = time.monotonic() + 120
        while counts[1] < 200 and time.monotonic() < end:
            stop.wait(0.02)
        store.kill()
        stop.set()
        for thread in threads:
            thread.join()
        sent += counts[0]
        acknowledged += counts[1]
        store.start()
        assert acknowledged <= store.count("otel_traces") <= sent
        broken = store.client().query("SELECT count() AS n FROM system.detached_parts")
        assert broken == [{"n": 0}]
    assert acknowledged >= 600


def test_a_second_process_says_who_owns_the_store(store):
    second = store.spawn()
    assert second.wait(timeout=180) == 2
    words = (store.directory / "stderr").read_text()
    assert f"process {store.process.pid} already owns the store" in words


def test_a_secret_that_others_can_read_is_refused(own_store):
    store = own_store()
    (store.directory / "token").chmod(0o644)
    assert store.spawn().wait(timeout=180) == 2
    assert "chmod 600" in (store.directory / "stderr").read_text()


def test_a_store_from_before_forgets_no_block_either(own_store):
    store = own_store(flush_seconds=0.05).start()
    window = "SELECT count() AS n FROM system.tables WHERE engine_full LIKE '%deduplication_window = 0%'"
    store.client().query("ALTER TABLE otel_traces MODIFY SETTING non_replicated_deduplication_window = 0")
    assert store.client().query(window) == [{"n": 1}]
    store.kill()
    assert store.start().client().query(window) == [{"n": 0}]


def test_a_store_from_before_merges_as_a_new_one(own_store):
    store = own_store(flush_seconds=0.05).start()
    engines = "SELECT name, engine_full FROM system.tables WHERE database = 'otel' AND engine LIKE '%MergeTree'"
    tables = {row["name"]: _settings(row["engine_full"]) for row in store.client().query(engines)}
    assert len({frozenset(settings) for settings in tables.values()}) == 1
    for setting in ("merge_selector_base", "vertical_merge_algorithm_min_rows_to_activate"):
        store.client().query(f"ALTER TABLE otel_logs RESET SETTING {setting}")
    store.kill()
    again = store.start().client().query(engines)
    assert {row["name"]: _settings(row["engine_full"]) for row in again} == tables


def _settings(engine: str) -> set[str]:
    return set(engine.partition(" SETTINGS ")[2].split(", "))
