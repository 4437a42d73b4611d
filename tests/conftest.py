"""Settings for every test."""

import os

from hypothesis import settings

# The machines that run these tests are shared: a slow example is no finding. The gate draws the
# same examples each time; everybody else looks for new ones.
settings.register_profile("guestabi", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("guestabi")
