"""The kinds of channels that have an adapter."""

from golive.adapters import apprise, pagerduty, slack, smtp, webhook
from golive.respond.channels.ports import Kinds

KINDS = Kinds(smtp.KIND, slack.KIND, pagerduty.KIND, webhook.KIND, apprise.KIND)
