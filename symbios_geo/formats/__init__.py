"""GeoPackage, QGIS styles, the Word report and the sheet of definitions."""
