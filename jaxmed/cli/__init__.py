"""The jaxmed command: `entry` starts the process, `commands` lists the subcommands, one file for each."""

import lazy_loader

# nothing is loaded before `main` has seen to what libraries read when they are
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submod_attrs={"commands": ["FIRST", "app"], "entry": ["main"]}
)
