"""Speaks the part of Stripe's API that the market needs, as https://docs.stripe.com/api describes it."""

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import parse_qsl

from local_server import Call, LocalServer, Reply

KEY, SECRET = "sk_test_market", "whsec_market"


class Stripe(LocalServer):
    """Sessions, refunds, idempotency keys. ``broken`` makes each call fail with that status."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.refunds: list[dict[str, str]] = []
        self.calls: list[Call] = []
        self.broken = 0
        self._answers: dict[str, dict[str, Any]] = {}
        super().__init__(self._reply)

    def _reply(self, call: Call) -> Reply:
        self.calls.append(call)
        status, answer = self._answer(call)
        return Reply(status, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def _answer(self, call: Call) -> tuple[int, dict[str, Any]]:
        if self.broken:
            return self.broken, {"error": {"type": "api_error", "message": "broken"}}
        if call.headers["Authorization"] != f"Bearer {KEY}":
            return 401, {"error": {"type": "invalid_request_error", "message": "key"}}
        key = call.headers["Idempotency-Key"]
        if key and key in self._answers:
            return 200, self._answers[key]
        status, answer = self._act(call.path, dict(parse_qsl(call.body.decode())))
        if key and status == 200:
            self._answers[key] = answer
        return status, answer

    def _act(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if path == "/v1/checkout/sessions":
            return 200, self._session(form)
        if path.endswith("/expire"):
            session = self.sessions[path.split("/")[-2]]
            if session["status"] != "open":
                return 400, _refused("only open sessions can be expired", "")
            session["status"] = "expired"
            return 200, session
        if path == "/v1/refunds":
            if any(form["payment_intent"] == made["payment_intent"] for made in self.refunds):
                return 400, _refused("refunded already", "charge_already_refunded")
            self.refunds.append(form)
            return 200, {"id": "re_1", "object": "refund", "status": "succeeded"}
        return 404, _refused("unknown", "")

    def _session(self, form: dict[str, str]) -> dict[str, Any]:
        number = f"cs_test_{len(self.sessions) + 1:060d}"
        self.sessions[number] = {
            "id": number,
            "object": "checkout.session",
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "amount_total": int(form["line_items[0][price_data][unit_amount]"]),
            "currency": form["line_items[0][price_data][currency]"],
            "metadata": {"order": form["metadata[order]"]},
            "expires_at": int(form["expires_at"]),
            "url": f"https://checkout.stripe.example/{number}",
        }
        return self.sessions[number]

    def paid(self, session: str, event: str = "evt_paid") -> dict[str, Any]:
        """What Stripe tells after the customer has paid."""
        found = self.sessions[session]
        found |= {"status": "complete", "payment_status": "paid", "payment_intent": "pi_1"}
        return {
            "id": event,
            "object": "event",
            "type": "checkout.session.completed",
            "data": {"object": found},
        }

    def expired(self, session: str, event: str = "evt_expired") -> dict[str, Any]:
        found = self.sessions[session]
        return {
            "id": event,
            "type": "checkout.session.expired",
            "data": {"object": {**found, "status": "expired"}},
        }

    def refunded(self, session: str, event: str = "evt_refunded") -> dict[str, Any]:
        found = self.sessions[session]
        charge = {
            "id": "ch_1",
            "object": "charge",
            "payment_intent": "pi_1",
            "amount": found["amount_total"],
            "amount_refunded": found["amount_total"],
            "metadata": found["metadata"],
        }
        return {"id": event, "type": "charge.refunded", "data": {"object": charge}}


def _refused(message: str, code: str) -> dict[str, Any]:
    return {"error": {"type": "invalid_request_error", "message": message, "code": code}}


def signature(body: str, *, secret: str = SECRET, at: float | None = None) -> str:
    """The header ``Stripe-Signature`` for a body: https://docs.stripe.com/webhooks#verify-manually."""
    moment = int(time.time() if at is None else at)
    digest = hmac.new(secret.encode(), f"{moment}.{body}".encode(), hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"
