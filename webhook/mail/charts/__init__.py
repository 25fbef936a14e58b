"""The chart in mails about a quota: usage over its period, with limit, thresholds and forecast.

Only the delivery process draws, and Pillow is imported when the first chart is drawn.
"""
