"""Names of the alerts about doubts: states in which the numbers may be wrong."""

SCRAPED_TWICE_ALERT = "GatewayScrapedTwice"
SEVERAL_NODES_ALERT = "GatewaysBehindOneAddress"
TARGETS_COLLIDE_ALERT = "GatewayTargetsCollide"
