"""Who derives, and when: the process, replay, retention."""
