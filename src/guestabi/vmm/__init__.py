"""A small VMM on :mod:`guestabi.kvm`, and a guest that reports the machine it finds itself on."""
