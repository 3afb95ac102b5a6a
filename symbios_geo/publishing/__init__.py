"""The parts of the output folder: pages, figures and executed notebooks."""
