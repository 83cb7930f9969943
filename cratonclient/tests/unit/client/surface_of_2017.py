# SPDX-License-Identifier: Apache-2.0
"""The public names of the 2017 package, and their signatures, as data.

A key is ``module:name``. A value is the signature that a caller sees, without ``self``, or
``None`` for a name that is no function. The names are those of the 2017 API reference and
of the 2017 modules that programs imported.
"""

from __future__ import annotations

_MANAGER = {
    "": "(session, url, **extra_request_kwargs)",
    ".create": "(skip_merge=False, **kwargs)",
    ".get": "(item_id=None, skip_merge=True, **kwargs)",
    ".list": "(skip_merge=False, **kwargs)",
    ".update": "(item_id=None, skip_merge=True, **kwargs)",
    ".delete": "(item_id=None, skip_merge=True, json=None, **kwargs)",
    ".build_url": "(path_arguments=None)",
    ".merge_request_arguments": "(request_kwargs, skip_merge)",
    ".key": None,
    ".base_path": None,
}
_RESOURCE = {
    "": "(manager, info, loaded=False)",
    ".get": "()",
    ".delete": "()",
    ".is_loaded": "()",
    ".set_loaded": "(val)",
    ".to_dict": "()",
    ".human_id": None,
    ".HUMAN_ID": None,
    ".NAME_ATTR": None,
    ".subresource_managers": None,
}
_VERBS = ("delete", "get", "head", "options", "post", "put", "patch")
_EXCEPTIONS = """
    ClientException UnableToAuthenticate CommandError Timeout ConnectionFailed
    HTTPError HTTPRedirection HTTPClientError HTTPServerError
    BadRequest Unauthorized Forbidden NotFound MethodNotAllowed NotAcceptable
    ProxyAuthenticationRequired Conflict Gone LengthRequired PreconditionFailed
    RequestEntityTooLarge RequestUriTooLong UnsupportedMediaType
    RequestedRangeNotSatisfiable UnprocessableEntity TooManyRequests InternalServerError
"""

SURFACE: dict[str, str | None] = {
    "cratonclient:__version__": None,
    # Authentication and sessions
    "cratonclient.auth:craton_auth": "(username, token, project_id, verify=True)",
    "cratonclient.auth:keystone_auth": (
        "(auth_url, username, password, verify=True, project_name=None, project_id=None,"
        " project_domain_name=None, project_domain_id=None, user_domain_name=None,"
        " user_domain_id=None, **auth_parameters)"
    ),
    "cratonclient.auth:create_session_with": "(auth_plugin, verify)",
    "cratonclient.auth:CratonAuth": "(username, project_id, token)",
    "cratonclient.auth:CratonAuth.get_token": "(session, **kwargs)",
    "cratonclient.auth:CratonAuth.get_headers": "(session, **kwargs)",
    "cratonclient.session:Session": (
        "(session=None, username=None, token=None, project_id=None)"
    ),
    **{f"cratonclient.session:Session.{verb}": "(url, **kwargs)" for verb in _VERBS},
    "cratonclient.session:Session.request": "(method, url, **kwargs)",
    "cratonclient.session:Session.paginate": (
        "(url, items_key, autopaginate=True, nested=False, **kwargs)"
    ),
    # Errors
    **{f"cratonclient.exceptions:{name}": "(message=None)" for name in _EXCEPTIONS.split()},
    "cratonclient.exceptions:error_from": "(response)",
    "cratonclient.exceptions:raise_from": "(exception)",
    # The client, managers and objects
    "cratonclient.v1.client:Client": "(session, url)",
    **{f"cratonclient.crud:CRUDClient{name}": value for name, value in _MANAGER.items()},
    **{f"cratonclient.crud:Resource{name}": value for name, value in _RESOURCE.items()},
    **{
        f"cratonclient.v1.{noun}s:{noun.title()}Manager{name}": value
        for noun in ("cell", "cloud", "host", "project", "region")
        for name, value in _MANAGER.items()
    },
    **{
        f"cratonclient.v1.{noun}s:{noun.title()}{name}": value
        for noun in ("cell", "cloud", "device", "host", "project", "region")
        for name, value in _RESOURCE.items()
    },
    "cratonclient.v1.devices:DeviceManager": "(session, url, **extra_request_kwargs)",
    "cratonclient.v1.devices:DeviceManager.list": "(**kwargs)",
    "cratonclient.v1.variables:Variable": "(name, value)",
    "cratonclient.v1.variables:Variables": "(manager, info, loaded=False)",
    "cratonclient.v1.variables:Variables.to_dict": "()",
    **{f"cratonclient.v1.variables:VariableManager{n}": v for n, v in _MANAGER.items()},
    "cratonclient.v1.variables:VariableManager.delete": "(*args, **kwargs)",
    # Command lines
    "cratonclient.shell.main:main": "(argv=None)",
    "cratonclient.shell.main:CratonShell": "()",
    "cratonclient.shell.main:CratonShell.main": "(argv)",
    "cratonclient.common.cliutils:MissingArgs": "(missing)",
    "cratonclient.common.cliutils:validate_args": "(fn, *args, **kwargs)",
    "cratonclient.common.cliutils:arg": "(*args, **kwargs)",
    "cratonclient.common.cliutils:add_arg": "(func, *args, **kwargs)",
    "cratonclient.common.cliutils:env": "(*args, **kwargs)",
    "cratonclient.common.cliutils:field_labels_from": "(attributes)",
    "cratonclient.common.cliutils:unauthenticated": "(func)",
    "cratonclient.common.cliutils:isunauthenticated": "(func)",
    "cratonclient.common.cliutils:print_list": (
        "(objs, fields, formatters=None, sortby_index=0, mixed_case_fields=None,"
        " field_labels=None)"
    ),
    "cratonclient.common.cliutils:print_dict": "(dct, dict_property='Property', wrap=0)",
    "cratonclient.common.cliutils:get_password": "(max_password_prompts=3)",
    "cratonclient.common.cliutils:service_type": "(stype)",
    "cratonclient.common.cliutils:get_service_type": "(f)",
    "cratonclient.common.cliutils:pretty_choice_list": "(l)",
    "cratonclient.common.cliutils:convert_arg_value": "(v)",
    "cratonclient.common.cliutils:exit": "(msg='')",
    # Formatters
    **{
        f"cratonclient.formatters.{module}:Formatter{name}": value
        for module in ("base", "table", "json_formatter")
        for name, value in {
            "": "(parsed_args)",
            ".after_init": "()",
            ".handle": "(item_to_format)",
            ".handle_instance": "(instance)",
            ".handle_generator": "(generator)",
        }.items()
    },
    "cratonclient.formatters.base:Formatter.configure": "(*args, **kwargs)",
    "cratonclient.formatters.table:Formatter.configure": (
        "(fields=None, formatters=None, sortby_index=False, mixed_case_fields=None,"
        " field_labels=None, dict_property=None, dict_value=None, wrap=None)"
    ),
}

#: The attributes of a client, and the classes of their managers.
MANAGERS = {
    "cells": "CellManager",
    "clouds": "CloudManager",
    "devices": "DeviceManager",
    "hosts": "HostManager",
    "projects": "ProjectManager",
    "regions": "RegionManager",
}

#: Entry points: group and name.
ENTRY_POINTS = (
    ("console_scripts", "craton"),
    ("cratonclient.formatters", "default"),
    ("cratonclient.formatters", "json"),
)

#: Parameters that differ on purpose, and why.
EXCEPTIONS = {
    ("cratonclient.v1.variables:VariableManager.update", "item_id"): (
        "positional only: a variable may have this name"
    ),
    ("cratonclient.v1.variables:VariableManager.update", "skip_merge"): (
        "positional only: a variable may have this name"
    ),
}
