"""Somebody's own tables: the template, the rules, the faults and where they are kept."""
