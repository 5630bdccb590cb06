"""Programs in other languages can use the components: Pulumi can make a schema of every one."""

import importlib
import inspect
import pkgutil

import pulumi
import pytest
from pulumi.provider.experimental.analyzer import Analyzer

import components
from components.__main__ import COMPONENTS


def _found():
    modules = [importlib.import_module(f"components.{one.name}") for one in pkgutil.iter_modules(components.__path__)]
    members = {member for module in modules for _, member in inspect.getmembers(module, inspect.isclass)}
    ours = (member for member in members if member.__module__.startswith("components."))
    return sorted((one for one in ours if issubclass(one, pulumi.ComponentResource)), key=lambda one: one.__name__)


@pytest.fixture(scope="module")
def schema():
    return Analyzer("openim-cicd").analyze(_found())


def test_every_component_has_a_schema(schema):
    """No argument has a type that Pulumi cannot describe, and no two types share a name."""
    assert {"Repository", "Webhook", "Workflow", "Team", "Organization"} <= set(schema["component_definitions"])


def test_every_argument_is_documented(schema):
    """Whoever uses a component reads what each argument means, its default and its unit."""
    described = {
        **{name: one.inputs for name, one in schema["component_definitions"].items()},
        **{name: one.properties for name, one in schema["type_definitions"].items()},
    }
    silent = [f"{name}.{key}" for name, keys in described.items() for key, one in keys.items() if not one.description]
    assert silent == []


def test_type_tokens_are_unique():
    """Each class registers under its own literal token."""
    for component in _found():
        token = f'"openim-cicd:index:{component.__name__}"'
        assert token in inspect.getsource(component)


def test_every_component_is_served():
    """The plugin offers all of them, whatever the language of the program."""
    assert set(COMPONENTS) == set(_found())
