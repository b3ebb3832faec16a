"""Releases and their records."""

from typing import Any, NoReturn

from django.db import models


class Release(models.Model):
    """One revision on its way to production, or there; `version` is its name, unique in the service.

    `share` (0..1) of production's visitors; `replaced` is the release it takes over from; `step` counts from 0 while
    in STEP. `until` is the deadline of the present state. `frozen` says why its step must not move on by itself.
    `wish` is what a person asked for and the engine has not done yet: {verb, by, at, ...}; `then` in it is the wish
    that comes after. `question` says what ASKED is about ("judge" or "step <name>"), `asked_in` where it goes back to.
    `returned`: it serves again because a newer one was rolled back. `sole`: there is nothing to go back to. `facts` are
    figures that pages, incidents and benches ask for.
    """

    id = models.CharField(max_length=40, primary_key=True)
    service = models.CharField(max_length=40, db_index=True)
    environment = models.CharField(max_length=40, default="production")
    version = models.CharField(max_length=80)
    revision = models.CharField(max_length=40)
    subject = models.TextField(blank=True, default="")
    author = models.CharField(max_length=254, blank=True, default="")
    committed_at = models.DateTimeField(null=True)
    requested_by = models.CharField(max_length=254)
    manifest = models.TextField()
    digest = models.CharField(max_length=80, blank=True, default="")
    state = models.CharField(max_length=24, default="QUEUED", db_index=True)
    entered_at = models.DateTimeField()
    reason = models.CharField(max_length=80, blank=True, default="")
    sentence = models.TextField(blank=True, default="")
    waits_for = models.TextField(blank=True, default="")
    share = models.FloatField(default=0.0)
    replaced = models.CharField(max_length=40, blank=True, default="")
    steps = models.JSONField(default=list)
    step = models.IntegerField(default=-1)
    until = models.DateTimeField(null=True)
    frozen = models.TextField(blank=True, default="")
    wish = models.JSONField(null=True)
    question = models.CharField(max_length=120, blank=True, default="")
    asked_in = models.CharField(max_length=24, blank=True, default="")
    returned = models.BooleanField(default=False)
    sole = models.BooleanField(default=False)
    resumes = models.PositiveIntegerField(default=0)
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_index=True)
    serving_at = models.DateTimeField(null=True)
    full_at = models.DateTimeField(null=True)
    pulled_at = models.DateTimeField(null=True)
    verdict_at = models.DateTimeField(null=True)
    first_bad_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["service", "environment", "created_at"], name="releases_by_site")]
        constraints = [models.UniqueConstraint(fields=["service", "version"], name="releases_one_per_name")]

    def __str__(self) -> str:
        return f"{self.service} {self.version} {self.state}"

    @property
    def site(self) -> str:
        return f"{self.service}/{self.environment}"


class Outage(models.Model):
    """A site where nothing serves, though no release is in the judge's sight.

    `release` is what should serve, `since` when it was first seen down, `seen` the last look at it, `well_since` the
    first of the looks that find it well again, `told`: people know, in this `sentence`.
    """

    site = models.CharField(max_length=81, primary_key=True)
    release = models.ForeignKey(Release, models.CASCADE, related_name="outages")
    since = models.DateTimeField()
    seen = models.DateTimeField()
    well_since = models.DateTimeField(null=True)
    told = models.BooleanField(default=False)
    sentence = models.TextField(blank=True, default="")

    def __str__(self) -> str:
        return f"{self.site} since {self.since:%H:%M:%S}"


class Record(models.Model):
    """One entry of a release's record: append-only, one hash chain per release, `seq` from 1."""

    id = models.BigAutoField(primary_key=True)
    release = models.ForeignKey(Release, models.PROTECT, related_name="records")
    seq = models.PositiveIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["release", "seq"], name="releases_one_record_per_seq")]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert only: an entry is never changed."""
        kwargs["force_insert"] = True
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse: the record is append-only."""
        raise TypeError("records are never deleted")
