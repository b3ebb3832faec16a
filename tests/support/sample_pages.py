"""The real addresses, and below /sample/ the same templates filled with samples: states that a real site rarely shows."""

from golive.runtime.urls import urlpatterns as real

urlpatterns = [*real]
PATHS: list[str] = []
