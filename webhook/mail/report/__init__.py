"""Reports about a week or month: their content, and the table that is attached to them."""
