# SPDX-License-Identifier: Apache-2.0
"""The commands that are not about the objects of a kind, and where their classes are.

Both command lines have them: ``craton whoami`` and ``openstack craton whoami``.
"""

from __future__ import annotations

#: The classes by the name of the command.
COMMANDS = {
    "change follow": "cratonclient_osc.change.follow:ChangeFollow",
    "change list": "cratonclient_osc.change.lists:ChangeList",
    "change show": "cratonclient_osc.change.show:ChangeShow",
    "change undo": "cratonclient_osc.change.undo:ChangeUndo",
    "quota delete": "cratonclient_osc.quota:QuotaDelete",
    "quota set": "cratonclient_osc.quota:QuotaSet",
    "quota show": "cratonclient_osc.quota:QuotaShow",
    "whoami": "cratonclient_osc.whoami:Whoami",
}
