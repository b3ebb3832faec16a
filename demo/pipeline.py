"""Releases on their way to staging while earlier ones go live."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future


class Pipeline:
    """Has versions built, gated and verified in staging, one after the other, as CI would.

    `deploy` starts one and returns its id, `verified` returns when it is ready for approval. When one of them fails,
    whoever waits for this version's id or a later one's hears why at once.
    """

    def __init__(
        self, versions: Iterable[str], deploy: Callable[[str], str], verified: Callable[[str], object]
    ) -> None:
        self._deploy, self._verified = deploy, verified
        self._ids: dict[str, Future[str]] = {version: Future() for version in versions}

    def start(self) -> None:
        """Run in a thread that does not outlive the process."""
        threading.Thread(target=self.run, daemon=True).start()

    def run(self) -> None:
        """Bring all of them there."""
        try:
            for version, promised in self._ids.items():
                promised.set_result(self._deploy(version))
                self._verified(promised.result())
        except Exception as trouble:  # noqa: BLE001  told by `id_of` to who waits
            for promised in self._ids.values():
                if not promised.done():
                    promised.set_exception(trouble)

    def id_of(self, version: str, seconds: float) -> str:
        """Return a version's release, once it is on its way. Raises TimeoutError, or what kept it from that."""
        try:
            return self._ids[version].result(seconds)
        except TimeoutError as error:
            raise TimeoutError(str(error) or f"{version} was not begun within {seconds:.0f} s") from None
