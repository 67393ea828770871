"""The group ``policy`` with all its commands, from the modules that define them."""

from vaxpolicy.cli.compare import diff_command, people_command, stranded_command
from vaxpolicy.cli.policy import policy_group

__all__ = ["policy_group"]

policy_group.add_command(diff_command)
policy_group.add_command(people_command)
policy_group.add_command(stranded_command)
