"""Whether the numbers can be trusted: gateways, evaluations of the rules, and doubts."""
