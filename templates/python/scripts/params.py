"""One section of params.yaml; whatever is missing stops the script with a line that names it."""

import sys

import yaml


def read_params(section, *keys):
    try:
        with open("params.yaml", encoding="utf-8") as file:
            found = yaml.safe_load(file)[section]
        return [found[key] for key in keys]
    except OSError:
        sys.exit("error: cannot read params.yaml: run this from the project folder")
    except yaml.YAMLError as error:
        sys.exit(f"error: params.yaml is not YAML: {error}")
    except (KeyError, TypeError) as error:
        sys.exit(f"error: params.yaml: {section} needs {', '.join(keys)}; missing: {error}")
