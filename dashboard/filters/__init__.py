"""Filters on screens: the bar, the values it offers, the side bar of segments, the address."""
