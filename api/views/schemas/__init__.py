"""The parameters and the answers of each resource."""
