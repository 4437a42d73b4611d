"""The guest-visible ABI of KVM/arm64 virtual machines, explicit and rollback-safe."""

__version__ = "0.1.0"
