"""The ClickHouse protocol: clickhouse-connect works, people read, nobody leaves the store."""

import base64
import http.client

import clickhouse_connect
import pytest
from clickhouse_connect.driver.compression import available_compression, get_compressor

from golive.adapters.clickhouse.client import ClickHouse
from golive.watch.telemetry.ports import QueryRefused, StoreUnavailable
from tests.support.telemetry import now


def test_clickhouse_connect_is_served(store):
    client = clickhouse_connect.get_client(
        host="127.0.0.1", port=store.sql_port, username="golive", password=store.password
    )
    client.command("CREATE TABLE IF NOT EXISTS otel.scratch (a String, n UInt64) ENGINE = Memory")
    client.insert("otel.scratch", [["it's", 1], ["two\t\\", 2]], column_names=["a", "n"])
    asked = "SELECT a FROM otel.scratch WHERE a = {a:String}"
    assert client.query(asked, parameters={"a": "it's"}).result_rows == [("it's",)]
    assert client.query(asked, parameters={"a": "two\t\\"}).result_rows == [("two\t\\",)]
    settings = client.query("SELECT getSetting('max_threads')", settings={"max_threads": 1})
    assert settings.result_rows == [(1,)]
    assert client.query("SELECT getSetting('max_threads')").result_rows == [(2,)]


@pytest.mark.parametrize("encoding", sorted({"gzip", "lz4", "zstd"} & set(available_compression)))
def test_rows_arrive_whatever_clickhouse_connect_compresses_with(store, encoding):
    """Which it takes by itself depends on the Python it runs on; rows of several blocks are several frames."""
    client = clickhouse_connect.get_client(
        host="127.0.0.1", port=store.sql_port, username="golive", password=store.password, compress=encoding
    )
    client.command(f"CREATE TABLE otel.sent_{encoding} (a String) ENGINE = Memory")
    client.insert(f"otel.sent_{encoding}", [[f"{n:0200}"] for n in range(40_000)], column_names=["a"])
    assert client.query(f"SELECT uniqExact(a) FROM otel.sent_{encoding}").result_rows == [(40_000,)]


@pytest.mark.parametrize("encoding", sorted({"lz4", "zstd"} & set(available_compression)))
def test_frames_that_are_broken_cut_off_or_too_large_are_refused(store, encoding):
    def insert(*frames: bytes) -> int:
        headers = {"Authorization": f"Basic {basic}", "Content-Encoding": encoding}
        door = http.client.HTTPConnection("127.0.0.1", store.sql_port, timeout=30)
        door.request("POST", "/", b"".join(frames), headers)
        return door.getresponse().status

    def frame(data: bytes) -> bytes:
        return bytes(get_compressor(encoding).compress_block(data))

    basic = base64.b64encode(f"golive:{store.password}".encode()).decode()
    one = frame(b"SELECT 1")
    assert insert(one) == insert(frame(b"SELECT "), frame(b"1")) == 200
    assert insert(one, b"no frame at all") == insert(b"no frame at all") == insert(one, one[:-5]) == 400
    assert insert(*[frame(bytes(16 << 20))] * 20) == insert(*[frame(b"")] * 5000) == 413
    assert insert(one) == 200


def test_values_are_bound_not_pasted(store):
    client = store.client()
    nasty = "'; DROP TABLE otel_logs; -- \\ \t\n\r\0 é"
    rows = client.query(
        "SELECT {s:String} AS s, {l:Array(String)} AS l, {t:DateTime64(6)} AS t, toUInt64(7) AS n",
        {"s": nasty, "l": ["a'b", "c\\"], "t": (moment := now())},
    )
    assert rows == [{"s": nasty, "l": ["a'b", "c\\"], "t": moment, "n": 7}]
    client.insert("errors", [{"ServiceName": nasty, "Timestamp": "2026-01-01 00:00:00"}])
    assert store.count("errors", "position(ServiceName, 'DROP TABLE') > 0") == 1
    with pytest.raises(QueryRefused):
        client.insert("errors; DROP", [{"a": 1}])


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM file('/etc/passwd', 'LineAsString')",
        "SELECT file('/etc/passwd')",
        "SELECT `file`('/etc/passwd')",
        "SELECT \"file\" /* x */ ('/etc/passwd')",
        r"SELECT `fi\x6ce`('/etc/passwd')",
        r"""SELECT "fi\x6ce"('/etc/passwd')""",
        r"SELECT * FROM `syste\x6d`.processes",
        "SELECT * APPLY(file) FROM (SELECT '/etc/passwd')",
        "SELECT * APPLY file FROM (SELECT '/etc/passwd')",
        "SELECT arrayMap(file, ['/etc/passwd'])",
        "SELECT arrayMap(`file`, ['/etc/passwd'])",
        "SELECT * FROM default.`/etc/passwd`",
        "SELECT * FROM `/etc/passwd`",
        "SELECT * FROM url('http://127.0.0.1:1/', 'CSV')",
        "SELECT * FROM remote('127.0.0.1', 'system.one')",
        "SELECT * FROM executable('id', 'TSV', 'a String')",
        "SELECT * FROM s3('http://127.0.0.1:1/x', 'CSV')",
        "SELECT * FROM fileCluster('default', '/etc/passwd', 'LineAsString')",
        "SELECT * FROM merge('system', 'processes')",
        "SELECT * FROM loop(system, processes)",
        "SELECT * FROM view(SELECT * FROM system.processes)",
        "SELECT * FROM system.processes",
        'SELECT * FROM `system` /**/ . "processes"',
        "SELECT 1 WHERE 'x' IN system.users",
        "SELECT * FROM {d:Identifier}.processes",
        "SELECT * FROM INFORMATION_SCHEMA.engines",
        "SHOW PROCESSLIST",
        "SHOW GRANTS",
        "SHOW SETTINGS LIKE '%'",
        "SELECT * FROM Python(x)",
        "SELECT 1 INTO OUTFILE '{out}'",
        "SELECT 1 into/**/outfile '{out}'",
        "EXPLAIN SELECT 1 INTO OUTFILE '{out}'",
        "SELECT 1; SELECT 2",
        "SELECT 1 -- ;\n; DROP TABLE otel_logs",
        "INSERT INTO otel_logs (Body) VALUES ('x')",
        "DROP TABLE otel_logs",
        "ALTER TABLE otel_logs DELETE WHERE 1",
        "KILL QUERY WHERE 1",
        "SYSTEM SHUTDOWN",
        "SET readonly = 0",
        "SELECT 1 SETTINGS readonly = 0",
        "SELECT 1 SETTINGS max_memory_usage = 0",
        "WITH x AS (SELECT file('/etc/passwd')) SELECT * FROM x",
        "SELECT sleep(3)",
        "SELECT hostName()",
        "SELECT displayName()",
        "SELECT getOSKernelVersion()",
        "SELECT getServerSetting('path')",
        "SELECT groupArray(number) FROM numbers(1000000000)",
        "",
    ],
)
def test_sql_of_people_stays_inside(store, tmp_path, sql):
    out = tmp_path / "out"
    with pytest.raises(QueryRefused):
        store.client("viewer").query(sql.replace("{out}", str(out)))
    assert not out.exists()


def test_people_call_no_model_of_a_provider(store):
    with pytest.raises(QueryRefused, match="the function aigenerate reaches outside the store"):
        store.client("viewer").query("SELECT aiGenerate('x')")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count() AS n FROM otel_logs WHERE Body != 'into; outfile'",
        "-- words\nWITH 1 AS one SELECT one;",
        "(SELECT 1) UNION ALL (SELECT 2)",
        "SHOW TABLES",
        "SHOW CREATE TABLE otel_logs",
        "SELECT name FROM system.columns WHERE table = 'otel_logs'",
        "DESCRIBE TABLE otel_traces",
        "EXPLAIN SELECT 1",
        "SELECT number FROM numbers(3)",
    ],
)
def test_people_read_what_is_inside(store, sql):
    assert store.client("viewer").query(sql)


def test_nobody_asks_without_a_password(store):
    with pytest.raises(QueryRefused, match="user and password"):
        ClickHouse(store.sql_port, "wrong").query("SELECT 1")
    with pytest.raises(QueryRefused):
        ClickHouse(store.sql_port, "", user="").query("SELECT 1")
    connection = http.client.HTTPConnection("127.0.0.1", store.sql_port, timeout=10)
    connection.request("GET", "/ping")
    assert connection.getresponse().read() == b"Ok.\n"


def test_a_store_that_is_away_is_a_problem_in_words():
    with pytest.raises(StoreUnavailable, match="no answer"):
        ClickHouse(1, "x").query("SELECT 1")
    assert not ClickHouse(1, "x").ping()
