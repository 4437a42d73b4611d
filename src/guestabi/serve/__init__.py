"""``guestabi serve``: a page and a small JSON API over the profiles that are there.

Needs the extra packages of ``guestabi[web]``. Nothing here prints, and nothing here reaches a
file by a name that a request gave.
"""
