"""Ports bound to adapters: the one place that knows both."""

import os
import time

from golive.adapters.channel_kinds import KINDS
from golive.adapters.clickhouse.client import ClickHouse
from golive.adapters.command.runner import MindedCommands
from golive.adapters.command.users import SystemUsers
from golive.adapters.envoy import EnvoyRouter
from golive.adapters.git.mirrors import GitMirrors
from golive.adapters.http_client import HttpProber
from golive.adapters.keeper import Keepers
from golive.adapters.postgresql import PostgresServers
from golive.adapters.sqlite import SqliteFiles
from golive.kernel.config import settings
from golive.kernel.ids import new_id
from golive.kernel.ports import bind
from golive.respond.channels.ports import Kinds
from golive.respond.notices.queries import Outbox
from golive.respond.overview.queries import History
from golive.runtime import work
from golive.runtime.addresses import store_addresses
from golive.ship.artifacts.ports import Repositories
from golive.ship.board.ports import Listeners
from golive.ship.board.queries import Names
from golive.ship.commands.ports import CommandRunner, Users
from golive.ship.databases.ports import PostgresTools, SqliteTools
from golive.ship.judge.ports import Prober
from golive.ship.releases.ports import StandIn, Target
from golive.ship.releases.workflows.local import LocalTarget
from golive.ship.releases.workflows.stand_in import StandInEngine
from golive.ship.replicas.ports import ProcessKeeper
from golive.ship.traffic.ports import TrafficRouter
from golive.watch.telemetry.ports import Chronicle, ReleaseNames, TelemetryStore


def bind_all() -> None:
    """Bind every port for this process; safe to call again."""
    config = settings()
    config.prepare()
    bind(Kinds, KINDS)
    bind(ProcessKeeper, Keepers(config.run, config.logs))
    bind(TrafficRouter, EnvoyRouter(config.edge, host=config.edge_host))
    bind(Repositories, GitMirrors(config.repositories))
    bind(CommandRunner, MindedCommands(config.run / "commands"))
    bind(Users, SystemUsers(config.home, tools=config.run / "commands" / "tools"))
    bind(SqliteTools, SqliteFiles())
    bind(PostgresTools, PostgresServers())
    bind(TelemetryStore, ClickHouse(store_addresses(config)["sql_port"], config.secret("store")))
    bind(ReleaseNames, Names())
    bind(Chronicle, History())
    bind(Listeners, Outbox())
    bind(Prober, HttpProber())
    bind(Target, LocalTarget())
    bind(StandIn, StandInEngine(f"stand-in-{os.getpid()}-{new_id('own')[-8:]}", pause=time.sleep))
    work.start()
