"""Operations: whether everything that was sent came in."""
