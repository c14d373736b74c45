"""Tables as files: what people keep in CSV, ODS and XLSX, read and written. Pure: no Django, no database."""
