"""Wavehouse: a warehouse for longitudinal questionnaire studies."""
