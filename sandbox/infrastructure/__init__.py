"""The organisation's infrastructure repository: this very project, kept on the sandbox's GitHub as a real one would be.

What the machine writes there - releases, ledger, approvals, workflows - is kept; everything else follows the checkout.
"""
