"""Lists as files: any list of the pages as CSV or XLSX, whole, with the filter that is on, read page by page.

A view names its lists with `answering.exports`; each maker says the columns and how pages are read. Exporting is
reading: whoever may read the page may have the file, and the ledger gets no entry.
"""
