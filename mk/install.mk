# deps, install, packages.
