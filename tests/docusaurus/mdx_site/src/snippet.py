def wave(amplitude: float) -> float:
    """Give a wave."""
    return amplitude * 2
