"""python -m jaxmed."""

from jaxmed.cli.entry import main

if __name__ == "__main__":
    main()
