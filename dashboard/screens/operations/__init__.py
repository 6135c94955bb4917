"""Operations: whether everything that was sent has arrived."""
