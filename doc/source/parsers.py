# SPDX-License-Identifier: Apache-2.0
"""A directive that generates the reference of a program from its parsers.

::

    .. parsers:: craton             global options, and commands of no object
    .. parsers:: craton host        all commands of an object
    .. parsers:: craton-server      all commands of the server
"""

import argparse
import shlex
import textwrap

from docutils import nodes
from docutils.parsers import rst


class Parsers(rst.Directive):
    """The directive ``parsers``: a section for each command."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self):
        """Return the sections of the commands that the argument names."""
        program, _, subject = self.arguments[0].partition(" ")
        if program == "craton-server":
            return [self.section(parser) for parser in server_commands()]
        found = [self.section(parser) for parser in commands(subject)]
        return found if subject else [*self.entries(global_options()), *found]

    def section(self, parser):
        """Return the section of a command."""
        made = nodes.section(ids=[nodes.make_id(parser.prog)])
        made += nodes.title(text=parser.prog)
        made += nodes.paragraph(text=parser.description)
        words = " ".join(parser.format_usage().removeprefix("usage: ").split())
        usage = textwrap.fill(words, 72, subsequent_indent="    ", break_on_hyphens=False)
        made += nodes.literal_block(usage, usage, language="none")
        made += self.entries(parser)
        if parser.epilog:
            made += nodes.literal_block(parser.epilog, parser.epilog, language="none")
        return made

    def entries(self, parser):
        """Return a list of the options and arguments of a command, without ``--help``."""
        found = nodes.definition_list()
        formatter = parser._get_formatter()
        for action in parser._actions:
            if action.help == argparse.SUPPRESS or action.nargs == argparse.PARSER:
                continue
            if isinstance(action, argparse._HelpAction) or action.dest == "command":
                continue
            term = formatter._format_action_invocation(action)
            help_text = formatter._expand_help(action) if action.help else ""
            found += nodes.definition_list_item(
                "",
                nodes.term("", "", nodes.literal(text=term)),
                nodes.definition("", nodes.paragraph(text=help_text)),
            )
        return [found] if len(found) else []


def _application():
    from cratonclient_osc.program import shell

    app = shell.Shell()
    app.options = app.parser.parse_known_args([])[0]
    return app


def global_options():
    """Return the parser of the global options."""
    return _application().parser


def commands(noun):
    """Yield the parsers of the commands of an object."""
    from cratonclient_osc.program import help

    app = _application()
    for group in help.by_object(app, app.command_names()):
        for name in group:
            made = dict(app.command_manager)[name].load()(app, app.options, cmd_name=name)
            if help.noun_of(made) == noun:
                parser = made.get_parser(f"craton {name}")
                if hasattr(made, "example"):
                    parser.epilog = shlex.join(["craton", *name.split(), *made.example()])
                yield parser


def server_commands():
    """Yield the parsers of the server's commands, in the order of the help."""
    from cratonserver.program import parser

    pending = [parser.build()]
    while pending:
        command = pending.pop(0)
        below = [a for a in command._actions if isinstance(a, argparse._SubParsersAction)]
        if not below:
            yield command
        pending[:0] = [one for action in below for one in action.choices.values()]


def setup(app):
    """Add the directive to Sphinx."""
    app.add_directive("parsers", Parsers)
    return {"parallel_read_safe": True}
