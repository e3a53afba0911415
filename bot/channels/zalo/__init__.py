"""Zalo: the Official Account as a channel, and a stand-in for it."""
