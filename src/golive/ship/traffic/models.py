"""What each site should serve: the committed wish from which the edge's files are always written."""

from django.db import models


class SiteRow(models.Model):
    """One service in one environment.

    `share` (0..1) of the visitors is on release `new`, the others on `old`; either may be "". `backends` are
    {release: [{id, host, port}]}; `leaving` are releases out of the split with the moment they left; `options` are the
    serving manifest's settings for the edge. `version` grows with every change. `lock` is the release that is being
    brought to this site, "" when none is.
    """

    id = models.CharField(max_length=81, primary_key=True)
    service = models.CharField(max_length=40)
    environment = models.CharField(max_length=40)
    port = models.PositiveIntegerField()
    old = models.CharField(max_length=40, blank=True, default="")
    new = models.CharField(max_length=40, blank=True, default="")
    share = models.FloatField(default=0.0)
    backends = models.JSONField(default=dict)
    leaving = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    maintenance = models.JSONField(null=True)
    version = models.PositiveBigIntegerField(default=1)
    lock = models.CharField(max_length=40, blank=True, default="")
    locked_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.id}: {self.new or '-'} {self.share:.0%}, {self.old or '-'}"


class CutOff(models.Model):
    """Visitors do not come through to a site, or to any; `subject` is the site, or "edge".

    `since` when that was first seen, `seen` the last look at it, `well_since` the first of the looks that find it over,
    `told`: people know.
    """

    subject = models.CharField(max_length=81, primary_key=True)
    since = models.DateTimeField()
    seen = models.DateTimeField()
    well_since = models.DateTimeField(null=True)
    told = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.subject} since {self.since:%H:%M:%S}"
