"""How much the rules count in bad weather, for ``python -m bench.accuracy``."""
