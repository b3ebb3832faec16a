"""The ids that the store computes at ingest are those of the domain's rules."""

import secrets

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from golive.watch.telemetry import domain
from tests.support.telemetry import now

words = st.sampled_from(
    [
        "order",
        "12",
        "u7",
        "'card'",
        "don't",
        '"x y"',
        "a@b.example",
        "10.0.0.1:80",
        "3.5ms",
        "é",
        "ß9",
        "5e1f0a2b-0000-4000-8000-00000000abcd",
        "abcdefabcdef",
        "/a/12/b",
        "-",
        "\n",
        "<*>",
        "\\",
        "%",
    ]
)
messages = st.lists(words | st.text(max_size=12), max_size=12).map(" ".join)
stacks = st.sampled_from(
    [
        "",
        'Traceback (most recent call last):\n  File "/a/b/views.py", line 3, in pay\n    x()\nKeyError',
        'File "/v/lib/python3.11/site-packages/d.py", line 1, in f\n  File "/a/w.py", line 2, in g\n',
        'File "/v/site-packages/d.py", line 1, in f\n  File "/v/site-packages/e.py", line 2, in g\n',
        "Error: x\n    at pay (/app/a.js:3:1)\n    at Object.run (/app/b.js:9:2)",
    ]
)


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(messages, stacks), min_size=60, max_size=60))
def test_patterns_and_error_groups(store, pairs):
    client = store.client()
    service = f"ids-{secrets.token_hex(8)}"
    client.insert(
        "otel_logs",
        [
            {
                "Timestamp": f"{now():%Y-%m-%d %H:%M:%S}",
                "ServiceName": service,
                "Offset": number,
                "Body": message,
                "LogAttributes": {
                    "exception.type": "E",
                    "exception.message": message,
                    "exception.stacktrace": stack,
                },
            }
            for number, (message, stack) in enumerate(pairs)
        ],
    )
    rows = client.query(
        "SELECT Body, PatternId, ErrorGroup FROM otel_logs WHERE ServiceName = {service:String} ORDER BY Offset",
        {"service": service},
    )
    for row, (message, stack) in zip(rows, pairs, strict=True):
        sent = message.encode("utf-8", "replace").decode()
        assert row["Body"] == sent
        assert row["PatternId"] == domain.pattern_id(sent), repr(sent)
        assert row["ErrorGroup"] == domain.error_group("E", sent, stack), (sent, stack)
