"""Filters on screens: the bar, the values it suggests, the side bar of segments, the address."""
