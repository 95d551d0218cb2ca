"""The language of the trade and the course of a run; standard library only."""
