"""What docs.github.com/rest says of the paths that the stored part of GitHub's description leaves out.

Most of them are others' twins: Codespaces' are Dependabot's, an environment's variables are a repository's, and what an
organization keeps has a visibility.
"""

import copy

REPOSITORIES = {
    "type": "object", "required": ["total_count", "repositories"],
    "properties": {"total_count": {"type": "integer"}, "repositories": {"type": "array", "items": {
        "type": "object", "required": ["id", "full_name"], "additionalProperties": True,
        "properties": {"id": {"type": "integer"}, "full_name": {"type": "string"}}}}}}
REPOSITORY = {
    "type": "object", "required": ["id", "full_name", "archived"], "additionalProperties": True,
    "properties": {"id": {"type": "integer"}, "full_name": {"type": "string"}, "archived": {"type": "boolean"}}}
INSTALLATION = {
    "type": "object", "required": ["id", "account", "permissions", "suspended_at"], "additionalProperties": True,
    "properties": {"id": {"type": "integer"}, "suspended_at": {"type": "string", "nullable": True}}}
ENVIRONMENTS = {
    "type": "object", "required": ["total_count", "environments"],
    "properties": {"total_count": {"type": "integer"}, "environments": {"type": "array", "items": {
        "type": "object", "required": ["id", "name"], "additionalProperties": True,
        "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}}}}
ACCESS = {
    "visibility": {"type": "string", "enum": ["all", "private", "selected"]},
    "selected_repository_ids": {"type": "array", "items": {"type": "integer"}}}


def complete(document):
    """Adds the operations to an OpenAPI document of GitHub."""
    paths = document["paths"]
    repository, organization = "/repos/{owner}/{repo}", "/orgs/{org}"
    parameters = {name: {"$ref": f"#/components/parameters/{name}"} for name in (
        "owner", "repo", "org", "environment-name", "page", "per-page", "secret-name", "variable-name")}
    of_repository = [parameters["owner"], parameters["repo"]]

    def twin(path, source, *prefix, drop=2):
        """The operations of another path, under other leading parameters."""
        paths[path] = copy.deepcopy(paths[source])
        for operation in paths[path].values():
            operation["parameters"] = [*prefix, *operation["parameters"][drop:]]

    def read(path, schema, *found, more=()):
        answers = {"200": {"content": {"application/json": {"schema": schema}}}}
        for status in more:
            answers[status] = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/basic-error"}}}}
        paths[path] = {"get": {"parameters": list(found), "responses": answers}}

    for kind in ("codespaces", "dependabot"):
        for tail in ("secrets/public-key", "secrets/{secret_name}"):
            twin(f"{repository}/{kind}/{tail}", f"{repository}/dependabot/{tail}", *of_repository)
            twin(f"{organization}/{kind}/{tail}", f"{organization}/actions/{tail}", parameters["org"], drop=1)
    for tail in ("variables", "variables/{name}"):
        twin(f"{repository}/environments/{{environment_name}}/{tail}", f"{repository}/actions/{tail}", *of_repository,
             parameters["environment-name"])
        path = f"{organization}/actions/{tail}"
        twin(path, f"{repository}/actions/{tail}", parameters["org"])
        for method in set(paths[path]) & {"post", "patch"}:
            schema = paths[path][method]["requestBody"]["content"]["application/json"]["schema"]
            schema["properties"].update(ACCESS)
            if method == "post":
                schema["required"] = [*schema["required"], "visibility"]
    variable = copy.deepcopy(document["components"]["schemas"]["actions-variable"])
    variable["properties"].update(visibility=ACCESS["visibility"], selected_repositories_url={"type": "string"})
    variable["required"] = [*variable["required"], "visibility"]
    shown = paths[f"{organization}/actions/variables/{{name}}"]["get"]["responses"]["200"]["content"]
    shown["application/json"]["schema"] = variable
    pages = [parameters["per-page"], parameters["page"]]
    for kind in ("actions", "codespaces", "dependabot"):
        read(f"{organization}/{kind}/secrets/{{secret_name}}/repositories", REPOSITORIES, parameters["org"],
             parameters["secret-name"], *pages)
    read(f"{organization}/actions/variables/{{name}}/repositories", REPOSITORIES, parameters["org"],
         parameters["variable-name"], *pages)
    read(repository, REPOSITORY, *of_repository, more=["403", "404"])
    read(f"{repository}/environments", ENVIRONMENTS, *of_repository, *pages)
    listed = copy.deepcopy(paths[f"{repository}/actions/variables"]["get"]["responses"]["200"])
    paths[f"{repository}/actions/organization-variables"] = {"get": {"parameters": [*of_repository, *pages], "responses": {"200": listed}}}
    read(f"{repository}/installation", INSTALLATION, *of_repository, more=["404"])
    read(f"{organization}/installation", INSTALLATION, parameters["org"])
    return document
