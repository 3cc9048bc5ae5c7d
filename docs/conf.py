# SPDX-License-Identifier: GPL-2.0-or-later
project = "qemu-system"
author = "the maintainers"
copyright = "the authors; GPL-2.0-or-later"
extensions = []
master_doc = "index"
exclude_patterns = []
html_theme = "alabaster"
html_show_sphinx = False
