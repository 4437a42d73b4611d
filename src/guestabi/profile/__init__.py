"""HostProfile: what one host kernel, on one CPU, for one VM configuration was measured to expose.

The writer's half (:mod:`guestabi.profile.canonical`) needs the standard library alone.
"""
