"""Settings for every test."""

from hypothesis import settings

# The machines that run these tests are shared: a slow example is no finding.
settings.register_profile("guestabi", deadline=None)
settings.load_profile("guestabi")
