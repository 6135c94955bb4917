"""Whether scores predict the future: scores as of an earlier moment against what happened
after it.
"""
