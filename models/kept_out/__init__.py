"""Who is forgotten or ignored, and how they are kept out."""
