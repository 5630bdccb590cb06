"""Recorded exchanges with the real GitHub, asked of the stand-in again."""
