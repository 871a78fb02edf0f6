"""Checks replies against an OpenAPI 3.0 document."""

import json
import pathlib
import re
import urllib.parse
import xml.etree.ElementTree

import pytest
import requests
import yaml
from openapi_schema_validator import OAS30Validator

#: Header fields that only some answers have: of lists with several pages, of classic tokens, of tokens that end.
SOMETIMES = {
    "Link", "X-OAuth-Scopes", "X-Accepted-OAuth-Scopes", "X-GitHub-SSO", "GitHub-Authentication-Token-Expiration", "Location"}


class Contract:
    def __init__(self, file, complete=lambda document: document):
        self.document = complete(yaml.safe_load(file.read_text()))

    def session(self, base, headers):
        """A session each of whose replies is checked as it comes."""
        session = CheckedSession(self, base)
        session.headers.update(headers)
        return session

    def check(self, method, path, response):
        """Fails unless status, media type and body are what the operation declares."""
        operation = self._operation(method, path)
        declared = operation["responses"].get(str(response.status_code))
        if declared is None:
            assert response.status_code >= 400, f"{response.status_code} is not declared for {method} {path}"
            return self._check_undeclared(response)
        declared = self._resolve(declared)
        content = declared.get("content")
        if not content:
            assert response.content == b"", f"{method} {path} has no body, got {response.text}"
            return
        media_type = response.headers["Content-Type"].split(";")[0]
        assert media_type in content, f"{media_type} is not declared for {method} {path}"
        for name, header in declared.get("headers", {}).items():
            if response.status_code < 300 and name not in SOMETIMES:
                schema = self._resolve(header)["schema"]
                text = response.headers[name]
                self._validate(schema, {"integer": int, "number": float}.get(schema["type"], str)(text))
        if media_type.endswith("json"):
            self._validate(content[media_type]["schema"], response.json(), closed=response.status_code < 300)
        elif media_type.endswith("xml"):
            self._validate_xml(content[media_type]["schema"], response.content)

    def check_request(self, method, target, body):
        """Fails unless path, query and body are what the operation declares; returns the operation's template."""
        path, _, query = target.partition("?")
        template, operation = self._found(method, path)
        declared = [self._resolve(parameter) for parameter in operation.get("parameters", [])]
        names = {parameter["name"]: parameter["schema"] for parameter in declared if parameter["in"] == "query"}
        for name, value in urllib.parse.parse_qsl(query, keep_blank_values=True, strict_parsing=True):
            assert name in names, f"{method} {path} has no query parameter {name}"
            self._validate(names[name], int(value) if names[name]["type"] == "integer" else value)
        in_path = {parameter["name"] for parameter in declared if parameter["in"] == "path"}
        assert in_path == set(re.findall(r"{(.+?)}", template)), template
        if "requestBody" not in operation:
            assert not body, f"{method} {path} takes no body"
        elif body or operation["requestBody"].get("required"):
            contents = operation["requestBody"]["content"]
            media_type = "application/json" if "application/json" in contents else next(iter(contents))
            schema = contents[media_type]["schema"]
            if media_type.endswith("xml"):
                self._validate_xml(schema, body)
            else:
                self._validate(schema, json.loads(body), closed=True)
        return template

    def statuses(self, method, template):
        """Those that the document declares for an operation."""
        return {int(status) for status in self.document["paths"][template][method.lower()]["responses"]}

    def _check_undeclared(self, response):
        # GitHub declares only what goes well; its errors have two shapes.
        shapes = self.document["components"]["schemas"]
        name = "validation-error" if response.status_code == 422 else "basic-error"
        if name in shapes and response.headers["Content-Type"].startswith("application/json"):
            self._validate(shapes[name], response.json())

    def _operation(self, method, path):
        return self._found(method, path)[1]

    def has(self, method, target):
        """Whether the description has such an operation."""
        return bool(self._matching(method, urllib.parse.urlsplit(target).path))

    def _matching(self, method, path):
        found = []
        for template, operations in self.document["paths"].items():
            # Vault's paths of secrets are of any length.
            pattern = re.sub(r"\\{path\\}$", ".+", re.escape(template))
            pattern = re.sub(r"\\{[^/]+?\\}", "[^/]+", pattern)
            if re.fullmatch(pattern, path) and method.lower() in operations:
                found.append((template, operations[method.lower()]))
        return found

    def _found(self, method, path):
        found = self._matching(method, path)
        assert found, f"{method} {path} is not in the contract"
        return min(found, key=lambda pair: (pair[0].count("{"), -pair[0].count("/")))

    def _validate_xml(self, schema, body):
        """An element is an object: its attributes, and its children by their names. Its own name chooses the schema."""
        root = xml.etree.ElementTree.fromstring(re.sub(r"^<\?xml.*?\?>", "", body.decode()))
        schemas = [self._resolve(each) for each in schema.get("oneOf", [schema])]
        found = [each for each in schemas if each["xml"]["name"] == root.tag]
        assert found, f"no element {root.tag} is declared"
        names = [*root.attrib, *(child.tag for child in root)]
        assert len(names) == len(set(names)), f"{root.tag} has something twice: {names}"
        types = {name: self._resolve(property).get("type") for name, property in found[0]["properties"].items()}
        value = dict(root.attrib)
        for child in root:
            text = {each.tag: each.text or "" for each in child} or child.text or ""
            convert = {"integer": int, "boolean": {"true": True, "false": False}.get}.get(types.get(child.tag))
            value[child.tag] = convert(text) if convert else text
        self._validate(found[0], value, closed=True)

    def _validate(self, schema, value, closed=False):
        OAS30Validator(self._inline(schema, closed)).validate(value)

    def _inline(self, schema, closed):
        """Replaces references; `closed` also forbids properties that no schema names."""
        if isinstance(schema, list):
            return [self._inline(item, closed) for item in schema]
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            return self._inline(self._resolve(schema), closed)
        # A part of `allOf` knows nothing of the properties of the others.
        schema = {key: self._inline(value, closed and key != "allOf") for key, value in schema.items()}
        if closed and schema.get("type") == "object" and isinstance(schema.get("properties"), dict):
            schema.setdefault("additionalProperties", False)
        return schema

    def _resolve(self, node):
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node


class CheckedSession(requests.Session):
    def __init__(self, contract, base):
        super().__init__()
        self.contract = contract
        self.base = base

    def request(self, method, path, **options):
        response = super().request(method, self.base + path, timeout=10, **options)
        self.contract.check(method, path.split("?")[0].removeprefix("/v3"), response)
        return response


def published(name, complete=lambda document: document):
    """A service's description, where the folder with them is next to the checkout; skips where it is not."""
    folder = pathlib.Path(__file__).parents[3] / "shared" / "contracts"
    file = folder / f"{name}.openapi.yaml"
    if not file.exists():
        pytest.skip(f"the contract {file.name} is not here")
    return Contract(file, complete)
