"""The commands of flask --app webhook."""
