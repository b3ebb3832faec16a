"""Tables of services and their environments."""

from django.db import models


class Service(models.Model):
    """Something to ship; `manifest_text` is the golive.toml that was registered last."""

    name = models.CharField(primary_key=True, max_length=40)
    manifest_text = models.TextField()
    repository = models.CharField(max_length=2000)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Environment(models.Model):
    """A place of a service; its `port` of the edge stays the same unless golive.toml names another."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="environments")
    name = models.CharField(max_length=40)
    port = models.PositiveIntegerField()

    class Meta:
        ordering = ["service", "name"]
        constraints = [
            models.UniqueConstraint(fields=["service", "name"], name="one_place_per_name"),
        ]

    def __str__(self) -> str:
        return f"{self.service_id}/{self.name}"
