"""The table of gate runs."""

from django.db import models

from golive.ship.gates.domain import GateState


class Run(models.Model):
    """A gate of a release. `proof` is the hash of all that its result depends on; a pass is a proof until it expires."""

    id = models.CharField(primary_key=True, max_length=40)
    release = models.CharField(max_length=80)
    service = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=40)
    command = models.TextField()
    digest = models.CharField(max_length=64)
    proof = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=[(state, state) for state in GateState])
    exit_code = models.IntegerField(null=True)
    started_at = models.DateTimeField()
    seconds = models.FloatField(default=0.0)
    log_path = models.TextField()
    reused = models.BooleanField(default=False)
    expires_at = models.DateTimeField(null=True)
    summary = models.TextField(default="")
    why = models.TextField(default="")

    class Meta:
        ordering = ["release", "position"]
        constraints = [
            models.UniqueConstraint(fields=["release", "name"], name="one_run_per_gate"),
        ]
        indexes = [models.Index(fields=["service", "name", "proof"], name="proofs")]

    def __str__(self) -> str:
        return f"{self.name} of {self.release}: {self.state}"
