"""Actions, as the service behind GitHub has it: what an event starts, which jobs are due, what a runner is given.

Everything is decided inside transactions of the stand-in's database, so that a crash anywhere loses nothing. The
runner, a process of its own, asks for jobs and reports what became of them.
"""
