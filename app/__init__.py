"""GridDesk: spoken site inspections for power-grid control desks."""

__version__ = "0.1.0"
